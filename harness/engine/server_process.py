"""A server with scenarios mounted over a subject, in a child process."""

import sys
from collections.abc import Sequence
from pathlib import Path

from harness.core.names import load
from harness.core.ports import Server
from harness.core.record import short
from harness.engine import child
from harness.engine.serving_child import ServingChild


class ServerProcess(ServingChild):
    """One server with scenarios mounted over a subject; a context manager.

    The parts are import strings; ``switch_interval`` and ``nap`` (the length of a tick of a pause) are in seconds;
    ``parties`` is how many requests can be in flight; ``port`` 0 means any that is free. With ``checked`` off
    nothing is recorded.
    """

    def __init__(
        self,
        *,
        subject: str,
        server: str,
        target: str,
        gate: str,
        scenarios: Sequence[str],
        switch_interval: float = 1e-6,
        nap: float = 0.001,
        parties: int = 2,
        port: int = 0,
        checked: bool = True,
        log: Path | None = None,
        ready_within: float = 30.0,
    ) -> None:
        found: Server = load(server)
        spec = {
            "subject": subject,
            "server": server,
            "target": target,
            "gate": gate,
            "scenarios": list(scenarios),
            "switch_interval": switch_interval,
            "nap": nap,
            "parties": parties,
            "port": port,
            "checked": checked,
            # Whether to patch must be known before anything of ours is imported there; and the parts may lie anywhere
            # that this process imports from.
            "patched": found.patched,
            "path": sys.path,
        }
        super().__init__(
            short(server),
            child.command("harness.engine.serve"),
            child.variables(),
            spec,
            log=log,
            ready_within=ready_within,
        )
