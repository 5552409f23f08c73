"""The row ``mini_redis``: sessions in a server that speaks the Redis protocol."""

from harness.targets._stores import subject, target

TARGET = target("redis", "the mini-framework with its sessions in Redis or Valkey", module="redis")

SUBJECT = subject(
    "redis",
    "A Redis server holds each session as JSON under a random id; of two saves at once the later stays.",
    module="redis",
)
