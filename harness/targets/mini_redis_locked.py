"""The row ``mini_redis_locked``: sessions in a Redis server, of which one request at a time has a client's."""

from harness.targets._stores import subject, target
from localimpl import Unit

TARGET = target(
    "redis_locked",
    "the mini-framework with its sessions in Redis or Valkey, locked for each request",
    module="redis",
)

SUBJECT = subject(
    "redis_locked",
    "A Redis server holds each session, and a lock for the request that works on it: others of its client wait.",
    exempt={
        (
            Unit.TASK,
            scenario,
        ): "who waits for the lock without giving way keeps the loop from whoever holds it"
        for scenario in ("session_one_client", "session_rotation", "session_logout")
    },
    keeps_updates=True,
    module="redis",
)
