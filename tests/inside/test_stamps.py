"""Stamps: one line when a request enters and one when it leaves, and an answer that stays as it was."""

import asyncio
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from wsgiref.util import FileWrapper

import pytest

from harness.inside.stamps import AsgiStamps, WsgiStamps
from harness.probe.journal_file import JournalFile
from harness.probe.middleware import MARK

KEY = "HTTP_" + MARK.upper().replace("-", "_")


class Closing:
    """A body that tells when it is read and closed."""

    def __init__(self) -> None:
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        yield b"a"
        yield b"b"

    def close(self) -> None:
        self.closed += 1


class Bench:
    """A journal file and apps stamped into it."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "journal"
        self.journal = JournalFile(str(self.file))

    def lines(self) -> list[str]:
        """What was stamped, without the moments at the ends of the lines."""
        found = [line.rpartition(" ") for line in self.file.read_text().splitlines()]
        moments = [float(moment) for _, _, moment in found]
        assert moments == sorted(moments)
        return [line for line, _, _ in found]

    def call(self, answer: Any, mark: str | None = "m", more: Any = ()) -> Any:
        def app(environ: dict[str, Any], start_response: Any) -> Any:
            if isinstance(answer, Exception):
                raise answer
            return answer

        environ = dict(more) | ({KEY: mark} if mark else {})
        return WsgiStamps(app, self.journal, lambda: "unit-0")(environ, None)

    def send(self, app: Any, scope: dict[str, Any]) -> None:
        asyncio.run(AsgiStamps(app, self.journal, lambda: "task-0")(scope, None, None))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


BOTH = ["enter m unit-0", "leave m"]


def test_a_request_without_a_mark_passes_by(bench: Bench) -> None:
    body = Closing()
    assert bench.call(body, None) is body
    assert bench.lines() == []


@pytest.mark.parametrize("body", [[b"one"], (b"one", b"two"), []])
def test_a_whole_body_is_handed_on_as_it_is(bench: Bench, body: Any) -> None:
    assert bench.call(body) is body
    assert bench.lines() == BOTH


def test_a_body_in_pieces_has_left_when_it_is_closed(bench: Bench) -> None:
    inner = Closing()
    body = bench.call(inner)
    assert list(body) == [b"a", b"b"]
    assert bench.lines() == BOTH[:1]
    body.close()
    assert inner.closed == 1
    assert bench.lines() == BOTH


def test_a_body_that_is_never_closed_leaves_when_it_is_dropped(bench: Bench) -> None:
    body = bench.call(Closing())
    del body
    assert bench.lines() == BOTH


def test_a_body_that_fails_to_close_has_left_all_the_same(bench: Bench) -> None:
    class Failing(Closing):
        def close(self) -> None:
            raise OSError

    body = bench.call(Failing())
    with pytest.raises(OSError):  # noqa: PT011  # it has no message
        body.close()
    assert bench.lines() == BOTH


def test_only_a_body_that_has_a_length_has_one(bench: Bench) -> None:
    class Sized(Closing):
        def __len__(self) -> int:
            return 2

    assert len(bench.call(Sized())) == 2
    assert not hasattr(bench.call(Closing()), "__len__")


def test_an_app_that_raises_has_left(bench: Bench) -> None:
    with pytest.raises(ValueError, match="broken"):
        bench.call(ValueError("broken"))
    assert bench.lines() == BOTH


def test_the_servers_own_kind_of_file_stays_so(bench: Bench) -> None:
    file = BytesIO(b"content")
    inner = FileWrapper(file)
    body = bench.call(inner, "m", {"wsgi.file_wrapper": FileWrapper})
    assert body is inner
    assert bench.lines() == BOTH[:1]
    body.close()
    assert file.closed
    assert bench.lines() == BOTH


def scope(kind: str = "http", mark: bytes = b"m") -> dict[str, Any]:
    return {"type": kind, "headers": [(b"host", b"here"), (MARK.lower().encode(), mark)]}


def test_a_task_is_stamped_round_the_app_and_adds_none(bench: Bench) -> None:
    seen = []

    async def app(given: Any, receive: Any, send: Any) -> None:
        seen.append((given, bench.lines(), len(asyncio.all_tasks())))

    sent = scope()
    bench.send(app, sent)
    [(given, lines, tasks)] = seen
    assert given is sent
    assert (lines, tasks) == (["enter m task-0"], 1)
    assert bench.lines() == ["enter m task-0", "leave m"]


def test_a_task_that_is_cancelled_or_fails_has_left(bench: Bench) -> None:
    async def app(given: Any, receive: Any, send: Any) -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        bench.send(app, scope())
    assert bench.lines()[-1] == "leave m"


@pytest.mark.parametrize("sent", [{"type": "lifespan"}, scope("websocket"), {"type": "http", "headers": []}])
def test_what_is_no_marked_http_passes_by(bench: Bench, sent: dict[str, Any]) -> None:
    seen = []

    async def app(given: Any, receive: Any, send: Any) -> None:
        seen.append(given)

    bench.send(app, sent)
    assert seen == [sent]
    assert bench.lines() == []
