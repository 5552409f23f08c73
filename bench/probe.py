"""What stamping and looking inside cost an app: its processor time for a request, beside that of the app left alone."""

import argparse
import http.client
import json
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import psutil

from harness.apps.app_process import AppProcess
from harness.probe import TOKEN
from harness.probe.middleware import MARK

APPS = {
    "threaded_pool": (
        "import flask\n"
        "app = flask.Flask(__name__)\n"
        "CARTS = {}\n"
        "@app.get('/cart/<user>')\n"
        "def cart(user):\n"
        "    CARTS[user] = [user]\n"
        "    while len(CARTS) > 500:\n"
        "        CARTS.pop(next(iter(CARTS)))\n"
        "    return {'cart': CARTS[user]}\n"
    ),
    "uvicorn_asgi": (
        "from starlette.applications import Starlette\n"
        "from starlette.responses import JSONResponse\n"
        "from starlette.routing import Route\n"
        "CARTS = {}\n"
        "async def cart(request):\n"
        "    user = request.path_params['user']\n"
        "    CARTS[user] = [user]\n"
        "    while len(CARTS) > 500:\n"
        "        CARTS.pop(next(iter(CARTS)))\n"
        "    return JSONResponse({'cart': CARTS[user]})\n"
        "app = Starlette(routes=[Route('/cart/{user}', cart)])\n"
    ),
}
WAYS = ("alone", "stamped", "probed")
"""As it is; with a stamp at each end of each request; and with the probe, at the share that is usual."""


def launched(folder: Path, server: str, way: str) -> AppProcess:
    """Return the app's process, not started."""
    (folder / f"shop_{server}.py").write_text(APPS[server])
    return AppProcess(
        app=f"shop_{server}:app",
        server=f"harness.servers.{server}:SERVER",
        app_dir=folder,
        probe=way == "probed",
        token_pattern=TOKEN,
    )


def cost(process: AppProcess, way: str, turn: int, requests: int) -> float:
    """Send so many requests, one after the other; return the milliseconds of a processor that one took."""
    before = psutil.Process(process.pid).cpu_times()
    connection = http.client.HTTPConnection("127.0.0.1", process.port, timeout=30)
    for nth in range(requests):
        user = f"zq{turn:07}{nth:07}".replace("0", "a").replace("1", "b")
        # The app left alone gets as many bytes of headers to read.
        name = MARK if way != "alone" else MARK.replace("Mark", "None")
        headers = {name: f"u1v{turn}{nth:06}.0"}
        connection.request("GET", f"/cart/{user}", headers=headers)
        answer = connection.getresponse().read()
        assert user in answer.decode(), answer
    connection.close()
    after = psutil.Process(process.pid).cpu_times()
    return float(after.user + after.system - before.user - before.system) / requests * 1000


def measure(server: str, requests: int, rounds: int) -> dict[str, float]:
    """Return what a request costs in each way, the ways taking turns, and the ratios to the app left alone."""
    costs: dict[str, list[float]] = {way: [] for way in WAYS}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        processes = {way: stack.enter_context(launched(folder, server, way)) for way in WAYS}
        for turn in range(-1, rounds):
            for way in WAYS if turn % 2 else WAYS[::-1]:
                took = cost(processes[way], way, turn + 1, requests)
                if turn >= 0:  # before, a warm-up
                    costs[way].append(took)
        processes["probed"].journal.read()
        found = len(processes["probed"].journal.residues)
        assert found, "the probe found nothing of what the app keeps"
    alone = costs["alone"]
    ratios = {
        way: median(one / other for one, other in zip(costs[way], alone, strict=True)) for way in WAYS[1:]
    }
    return {f"{way} ms": median(costs[way]) for way in WAYS} | {
        f"{way} ratio": each for way, each in ratios.items()
    }


def main() -> None:
    """Print a line for each server, or all as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1500, help="requests of each turn")
    parser.add_argument("--rounds", type=int, default=8, help="turns of each way")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    rows = {server: measure(server, options.requests, options.rounds) for server in APPS}
    if options.json:
        print(json.dumps(rows))
        return
    for server, row in rows.items():
        print(f"{server:15}", "  ".join(f"{name} {value:.3f}" for name, value in row.items()))


if __name__ == "__main__":
    main()
