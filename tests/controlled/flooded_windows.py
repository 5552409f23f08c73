"""Floods windows with free-running threads and prints how often one was switched out in between; a program of its own.

In each window a thread writes its own name, does something, and looks for a name that is not its own.
"""

import json
import sys
import threading
import time
from typing import Any

THREADS = 2
LAP = 2_000
SETUP = """
import contextlib, functools, os, threading, time
owner = None
class Box:
    n = 1
    def method(self): return owner
    @property
    def python_property(self): return self.n
class Made:
    def __init__(self): self.n = owner
class Child(Made):
    def __init__(self): self.n = 2
    def __enter__(self): return self
    def __exit__(self, *exc): pass
def nothing(): pass
def get_owner(): return owner
def count():
    yield 1
    yield 2
@functools.lru_cache
def cached(x): return x
part = functools.partial(nothing)
numbers = [1, 2, 3]
def flood(me, laps, box, d, xs, lock, manager):
    global owner
    hits = 0
    n = 1
    it = count()
    for _ in range(laps):
        {body}
    return hits
"""
BETWEEN = "owner = me; {}\n        if owner is not me: hits += 1"
"""Was the thread switched out here?"""
CLOSED = {
    "attribute load and store": BETWEEN.format("box.n = box.n"),
    "arithmetic": BETWEEN.format("n = (n + 3) * 2 % 7"),
    "subscripts": BETWEEN.format("d['a'] = xs[0]; xs[1:2]; del d['a']"),
    "comparisons": BETWEEN.format("n < 3 and n == n and 'a' in d and me is not d"),
    "f-string": BETWEEN.format("f'{n:>3} {me!r}'"),
    "literals": BETWEEN.format("[n, *xs]; {**d, 1: n}; (n, me); {n, 2}"),
    "unpacking": BETWEEN.format("a, *b = xs"),
    "try and except": BETWEEN.replace("; {}", "\n        try: d['none']\n        except KeyError: pass"),
    "isinstance()": BETWEEN.format("isinstance(d, dict)"),
    "len()": BETWEEN.format("len(d)"),
    "type()": BETWEEN.format("type(d)"),
    "import of what is imported": BETWEEN.format("import os"),
    "match": BETWEEN.replace(
        "; {}", "\n        match d:\n            case {'none': _}: pass\n            case [_, _]: pass"
    ),
    "before a method in C reads": "d['o'] = me\n        if d.get('o') is not me: hits += 1",
    "before a function in C reads": "box.n = me\n        if getattr(box, 'n') is not me: hits += 1",
    "after a Python function has read, at its end": "owner = me\n        if get_owner() is not owner: hits += 1",
    "after a Python method has read, at its end": "owner = me\n        if box.method() is not owner: hits += 1",
    "making a generator": BETWEEN.format("count()"),
}
"""Windows in which a GIL build never switches."""
OPEN = {
    "before a Python function reads": "owner = me\n        if get_owner() is not me: hits += 1",
    "before a Python __init__ reads": "owner = me\n        if Made().n is not me: hits += 1",
    "call of a Python function": BETWEEN.format("nothing()"),
    "call of a Python method": BETWEEN.format("box.method()"),
    "call of a Python class": BETWEEN.format("Child()"),
    "call of a class in C": BETWEEN.format("dict()"),
    "property": BETWEEN.format("box.python_property"),
    "d.get()": BETWEEN.format("d.get('a')"),
    "repr()": BETWEEN.format("repr(n)"),
    "list.append": BETWEEN.format("x = xs.copy()"),
    "f(*args) of a function in C": BETWEEN.format("max(*numbers)"),
    "functools.partial": BETWEEN.format("part()"),
    "functools.lru_cache": BETWEEN.format("cached(1)"),
    "for": BETWEEN.replace("; {}", "\n        for x in xs: pass"),
    "while": BETWEEN.replace("; {}", "\n        n = 3\n        while n: n -= 1"),
    "comprehension": BETWEEN.format("[x for x in xs]"),
    "generator": BETWEEN.format("list(count())"),
    "next of a generator": BETWEEN.format("it = count(); next(it, 0)"),
    "with of a lock": BETWEEN.replace("; {}", "\n        with lock: pass"),
    "with of Python code": BETWEEN.replace("; {}", "\n        with manager: pass"),
    "entry of `with` of Python code": "owner = me\n        with manager:\n            if owner is not me: hits += 1",
    "lock acquire and release": BETWEEN.format("lock.acquire(); lock.release()"),
    "sleep(0)": BETWEEN.format("time.sleep(0)"),
}
"""Windows in which it may."""
(OPEN if sys.version_info[:2] == (3, 14) else CLOSED)["entry of `with` of a lock in C"] = (
    "owner = me\n        with lock:\n            if owner is not me: hits += 1"
)
"""On 3.14 the manager is entered by a call like others."""


def flood(name: str, seconds: float) -> tuple[int, int]:
    """Return (executions, switches seen inside the window)."""
    namespace: dict[str, Any] = {}
    body = (CLOSED | OPEN)[name]
    exec(compile(SETUP.replace("{body}", body), name, "exec"), namespace)
    box = namespace["Box"]()
    d: dict[str, str] = {}
    until = time.monotonic() + seconds
    totals = []

    def work(me: str) -> None:
        hits = executions = 0
        private = ([1, 2, 3], threading.Lock(), namespace["Child"]())
        while time.monotonic() < until:
            hits += namespace["flood"](me, LAP, box, d, *private)
            executions += LAP
        totals.append((executions, hits))

    threads = [threading.Thread(target=work, args=(f"thread {number}",)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(each for each, _ in totals), sum(hits for _, hits in totals)


def main(seconds: float, names: list[str]) -> None:
    """Print {window: [executions, hits]}."""
    sys.setswitchinterval(1e-6)
    json.dump({name: flood(name, seconds) for name in names or [*CLOSED, *OPEN]}, sys.stdout)


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2:])
