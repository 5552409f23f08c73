"""Real locust runs from the repository's root: what they say, how they end, and that they leave nothing behind."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from harness.core.record import Ending, Run, read_run
from harness.core.verdict import Grade, Outcome

ROOT = Path(__file__).resolve().parents[2]
LOCUST = Path(sys.executable).with_name("locust")
PATIENCE = 60.0
TOKEN = r"(?:w\d+)?u\d+r\d+-[0-9a-f]{12}"


@dataclass
class Locust:
    """One locust in a session of its own, whose output and report go to a folder."""

    folder: Path
    process: "subprocess.Popen[bytes]"

    def wait(self) -> int:
        return self.process.wait(PATIENCE)

    @property
    def said(self) -> str:
        return (self.folder / "said.txt").read_text("utf-8")

    @property
    def verdict(self) -> str:
        return self.said.rstrip().splitlines()[-1]

    @property
    def run(self) -> Run:
        return read_run(self.folder)

    def failures(self) -> list[str]:
        """What stands in locust's own report of errors, without how often and where."""
        report = self.said.partition("Error report")[2]
        return [
            line.partition(": ")[2].strip() for line in report.splitlines() if re.match(r"\d+ +\w+ ", line)
        ]

    def requests(self) -> int:
        """How many requests locust itself counted."""
        return int(re.findall(r"^ +Aggregated +(\d+) +\d+\(", self.said, re.MULTILINE)[-1])

    def until(self, condition: Callable[[], Any]) -> Any:
        """Wait until something holds, and return it."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with suppress(OSError, ValueError):
                if found := condition():
                    return found
            assert self.process.poll() is None, self.said
            time.sleep(0.05)
        raise AssertionError(f"it took too long\n{self.said}")

    def until_users(self) -> None:
        self.until(lambda: "All users spawned" in self.said)

    def servers(self) -> list[int]:
        return [pid for pid in descendants(self.process.pid) if "harness.engine.serve" in command(pid)]


def children(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            stat = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(stat[1]) == pid and stat[0] != "Z":
                found.append(int(entry.name))
    return found


def descendants(pid: int) -> list[int]:
    return [each for child in children(pid) for each in (child, *descendants(child))]


def command(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    return ""


def is_running(pid: int) -> bool:
    with suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")
Start = Callable[..., Locust]


@pytest.fixture
def start(tmp_path: Path, request: pytest.FixtureRequest) -> Start:
    def start(*words: str, locustfiles: Path = ROOT / "scenarios", headless: bool = True) -> Locust:
        line = [LOCUST, "-f", locustfiles, "--out", tmp_path, "--only-summary"]
        with (tmp_path / "said.txt").open("wb") as said:
            process = subprocess.Popen(
                [*map(str, line), *(["--headless"] if headless else []), *words],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # Whoever started the tests in the background may have told them to ignore it.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
            )

        def end() -> None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

        request.addfinalizer(end)
        return Locust(tmp_path, process)

    return start


QUICK = ("--scenario", "read_back,starts_empty", "--server", "threaded_pool,uvicorn_asgi")


def test_a_page_whose_port_is_taken_is_told_and_nothing_is_started(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        locust = start("--web-port", str(port), headless=False)
        assert locust.wait() == 2, locust.said
    assert f"the page cannot be served at 127.0.0.1:{port}: " in locust.said
    assert "--web-port" in locust.said
    assert "Traceback" not in locust.said


def test_a_good_local_ends_with_0_and_a_report(start: Start) -> None:
    locust = start("-t", "3s", *QUICK)
    assert locust.wait() == 0, locust.said
    assert locust.verdict.startswith("ctxstress: kept: contextvar on threaded_pool and uvicorn_asgi kept ")
    assert [result.grade for result in locust.run.cells] == [Grade.KEPT] * 4
    assert all(result.evidence.overlap > 0 for result in locust.run.cells)
    assert all(result.evidence.replies > 0 for result in locust.run.cells)
    # Each request that locust counted was recorded and judged, and the few that followed one at a time.
    judged = sum(result.evidence.ends for result in locust.run.cells)
    assert judged == sum(result.sent for result in locust.run.cells) == locust.requests() + 4 * 4
    assert locust.failures() == []
    assert (locust.folder / "index.html").is_file()


def test_a_mix_up_ends_with_1_and_names_both_tokens(start: Start) -> None:
    locust = start(
        "-t", "2s", "--local", "thread_ident", "--server", "uvicorn_asgi", "--scenario", "read_back"
    )
    assert locust.wait() == 1, locust.said
    bleeds = [text for text in locust.failures() if re.fullmatch(rf"bleed: {TOKEN} read {TOKEN}", text)]
    assert bleeds
    victim, writer = re.findall(TOKEN, bleeds[0])
    assert victim != writer
    (result,) = locust.run.cells
    assert (result.outcome, result.grade) == (Outcome.MIXED, Grade.CAUGHT)
    assert "by thread_ident on tasks, as it is known to" in locust.verdict


def test_one_user_proves_nothing_and_ends_with_2(start: Start) -> None:
    locust = start("-t", "2s", "-u", "1", "--server", "uvicorn_asgi", "--scenario", "read_back")
    assert locust.wait() == 2, locust.said
    assert "inconclusive: nothing is proven in 1 of 1 cell" in locust.verdict
    assert "no overlap" in locust.verdict
    assert locust.failures() == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--local", "contextvr"), "there is no local 'contextvr'; did you mean contextvar?"),
        (("--server", "uvicorn"), "there is no server 'uvicorn'; did you mean uvicorn_asgi"),
        (("--scenario", "read_bak"), "there is no scenario 'read_bak'; did you mean read_back"),
        (("--local", "no.such:Local"), "there is no module 'no' on the import path"),
        (("--scenario", "cancellation"), "no cell is left to run"),
    ],
)
def test_what_does_not_exist_ends_with_2_before_anything_starts(
    start: Start, words: tuple[str, str], said: str
) -> None:
    locust = start("-t", "2s", *words)
    assert locust.wait() == 2
    assert said in locust.said
    assert "Traceback" not in locust.said
    assert "users spawned" not in locust.said


@needs_proc
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 0), (signal.SIGKILL, -9)])
def test_whatever_ends_it_leaves_nothing_behind(start: Start, number: signal.Signals, code: int) -> None:
    locust = start(*QUICK)
    locust.until_users()
    servers = locust.servers()
    assert len(servers) == 2
    time.sleep(1.5)
    locust.process.send_signal(number)
    assert locust.wait() == code, locust.said
    if code == 0:
        assert locust.verdict.startswith("ctxstress: kept:")
    deadline = time.monotonic() + 10
    while any(map(is_running, servers)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [pid for pid in servers if is_running(pid)]


@needs_proc
def test_a_server_that_dies_ends_with_2(start: Start) -> None:
    locust = start("-t", "4s", *QUICK)
    locust.until_users()
    os.kill(locust.servers()[0], signal.SIGKILL)
    assert locust.wait() == 2, locust.said
    assert "its server crashed" in locust.verdict
    endings = [result.ending for result in locust.run.cells]
    assert endings.count(Ending.CRASHED) == endings.count(Ending.JUDGED) == 2


def test_workers_flood_and_the_master_judges_all_that_they_sent(start: Start) -> None:
    locust = start("-t", "3s", "--processes", "2", "--local", "contextvar,thread_ident", *QUICK)
    assert locust.wait() == 1, locust.said
    grades = {
        subject: {result.grade for result in locust.run.cells if subject in result.cell.subject}
        for subject in (".contextvar:", ".thread_ident:")
    }
    assert grades[".contextvar:"] == {Grade.KEPT}
    assert Grade.CAUGHT in grades[".thread_ident:"]
    assert any(re.fullmatch(rf"bleed: {TOKEN} read {TOKEN}", text) for text in locust.failures())
    cells = locust.run.cells
    sent = sum(result.sent for result in cells)
    assert sent == sum(result.evidence.entered for result in cells) == locust.requests() + 4 * len(cells)


@needs_proc
@pytest.mark.slow
def test_workers_do_not_outlive_a_master_that_is_killed(start: Start) -> None:
    locust = start("--processes", "2", *QUICK)
    locust.until_users()
    below = descendants(locust.process.pid)
    assert len(below) == 2 + 2
    locust.process.kill()
    locust.process.wait()
    deadline = time.monotonic() + 10
    while any(map(is_running, below)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [pid for pid in below if is_running(pid)]


def test_every_file_of_the_directory_is_run_and_gives_one_class_of_users() -> None:
    words = [str(LOCUST), "-f", "scenarios/", "--list"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["Available", "Users:", "ContextUser"]


def test_locustfiles_that_all_ask_for_the_door_get_one(start: Start, tmp_path: Path) -> None:
    several = tmp_path / "several"
    several.mkdir()
    for name in ("one.py", "two.py"):
        (several / name).write_text((ROOT / "scenarios/locustfile.py").read_text("utf-8"), "utf-8")
    locust = start("-t", "1s", "--server", "threaded_pool", "--scenario", "read_back", locustfiles=several)
    assert locust.wait() == 0, locust.said
    assert locust.said.count("ctxstress: kept:") == 1


class Page:
    """Locust's page, as its form and its script talk to it."""

    def __init__(self, locust: Locust, port: int) -> None:
        self.locust = locust
        self.address = f"http://127.0.0.1:{port}"

    def get(self, path: str, data: bytes | None = None) -> str:
        try:
            with urlopen(self.address + path, data, timeout=PATIENCE) as answer:
                return str(answer.read().decode("utf-8"))
        except HTTPError as refusal:
            refusal.close()
            raise

    def swarm(self, **form: str) -> Any:
        form = {"user_count": "12", "spawn_rate": "12", **form}
        return json.loads(self.get("/swarm", urlencode(form).encode()))

    def stop(self) -> None:
        self.get("/stop", b"")

    def rows(self) -> list[dict[str, Any]]:
        (table,) = json.loads(self.get("/stats/requests"))["extended_stats"]
        assert table["key"] == "ctxstress"
        rows: list[dict[str, Any]] = table["data"]
        return rows


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_the_page_offers_the_choice_and_shows_what_is_seen(start: Start) -> None:
    port = free_port()
    locust = start("--web-port", str(port), headless=False)
    page = Page(locust, port)
    front = locust.until(lambda: page.get("/"))
    arguments = json.loads(re.search(r"window\.templateArgs = (.*)", front)[1])  # type: ignore[index]
    offered = arguments["extra_options"]
    assert {"local", "server", "scenario"} == offered.keys()
    assert offered["local"]["default_value"] == ["contextvar"]
    assert "thread_ident" in offered["local"]["choices"]
    assert arguments["extended_tabs"] == [{"title": "ctxstress", "key": "ctxstress"}]
    assert page.rows()[0]["seen"] == "no test has run yet"
    with pytest.raises(HTTPError):
        page.get("/ctxstress/report")

    refused = page.swarm(local="contextvr")
    assert refused["success"] is False
    assert "did you mean contextvar" in refused["message"]

    assert page.swarm(local="thread_ident", server="uvicorn_asgi", scenario="read_back,starts_empty")[
        "success"
    ]
    locust.until(lambda: len(page.rows()) == 3 and page.rows()[0]["mixed"])
    total, *cells = page.rows()
    assert [(row["local"], row["server"], row["scenario"]) for row in cells] == [
        ("thread_ident", "uvicorn_asgi", "read_back"),
        ("thread_ident", "uvicorn_asgi", "starts_empty"),
    ]
    assert {row["outcome"] for row in [total, *cells]} == {"mixed"}
    assert re.search(rf"\w+: {TOKEN} ", cells[0]["first"])
    assert "stop the test first" in page.swarm(local="contextvar")["message"]
    page.stop()
    assert "ctxstress: mixed:" in locust.said
    assert "thread_ident" in page.get("/ctxstress/report")

    # The next test of the same locust is another Local's, and its verdict is the one that counts at the end.
    assert page.swarm(local="contextvar", server="uvicorn_asgi", scenario="read_back")["success"]
    locust.until(lambda: page.rows()[0]["outcome"] == "isolated")
    assert [row["local"] for row in page.rows()] == ["(all)", "contextvar"]
    locust.process.send_signal(signal.SIGINT)
    assert locust.wait() == 0, locust.said
    assert locust.verdict.startswith("ctxstress: kept: contextvar on uvicorn_asgi")


def test_the_page_is_for_this_machine_alone(start: Start) -> None:
    port = free_port()
    locust = start("--web-port", str(port), headless=False)
    locust.until(lambda: f"http://127.0.0.1:{port}" in locust.said)
