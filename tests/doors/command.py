"""Runs the ``ctxstress`` command in a directory of its own, as a person would."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil

PROGRAM = Path(sys.executable).with_name("ctxstress")
# What is started in the background of a shell has SIGINT ignored, and so would all that it starts.
AS_FROM_A_TERMINAL = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
"""
MARK = "CTXSTRESS_TEST_COMMAND"
"""An environment variable by which the processes of one command are known, whoever their parent is by now."""


def start(folder: Path, *words: str, mark: str = "", path: str = "") -> "subprocess.Popen[str]":
    """Start the command; ``path`` is put on the import path, ``mark`` into its environment."""
    variables: Mapping[str, str] = os.environ | {MARK: mark, "PYTHONPATH": path, "NO_COLOR": "1"}
    return subprocess.Popen(
        [sys.executable, "-c", AS_FROM_A_TERMINAL, str(PROGRAM), *words],
        cwd=folder,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(folder: Path, *words: str, path: str = "") -> tuple[int, str, str]:
    """Run the command to its end; return its exit code, and what it said on stdout and stderr."""
    with start(folder, *words, path=path) as process:
        out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def marked(mark: str) -> Iterator[psutil.Process]:
    """Yield the living processes that descend from a command with this mark."""
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                yield process
        except psutil.Error:
            continue
