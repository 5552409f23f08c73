"""The row ``mini_memory``: sessions in a dict of the server's process."""

from harness.targets._stores import subject, target

TARGET = target("memory", "the mini-framework with its sessions in a dict of the process")

SUBJECT = subject(
    "memory", "A dict holds each session as JSON under a random id; of two saves at once the later stays."
)
