"""Small programs of exceptions and context managers; each has a function ``run``."""

EXITS = {
    "with": """
import threading
lock = threading.Lock()
class Box: n = 0
box = Box()
def run():
    with lock:
        box.n += 1
    with lock, lock_two():
        return box.n
def lock_two():
    return threading.Lock()
""",
    "with of one's own": """
class Manager:
    def __enter__(self): return 1
    def __exit__(self, *exc): return True
def run():
    with Manager() as n:
        raise ValueError(n)
    return 3
""",
    "with over several lines": """
import threading
lock = threading.Lock()
def run():
    with (
        lock,
        threading.Lock() as other,
    ):
        n = other
""",
    "managers by their names": """
import threading, contextlib
class Mine:
    def __init__(self):
        self.lock = threading.Lock()
        self.locks = [threading.Lock()]
    def __enter__(self): return self
    def __exit__(self, *exc): return False
    def work(self):
        with self.lock: pass
        with self.locks[0]: pass
        with self: self.n = 1
        with contextlib.nullcontext(): pass
class Slotted:
    __slots__ = ("lock",)
mine = Mine()
slotted = Slotted()
slotted.lock = threading.RLock()
null = contextlib.nullcontext()
def run():
    mine.work()
    with slotted.lock: pass
    with null: pass
    try:
        with mine.lock: raise ValueError
    except ValueError: pass
    try:
        with null: raise ValueError
    except ValueError: pass
""",
    "contextmanager": """
from contextlib import contextmanager
d = {}
@contextmanager
def scope():
    d["a"] = 1
    try:
        yield
    finally:
        del d["a"]
def run():
    with scope():
        d["b"] = 1
""",
    "with that is left in many ways": """
class Manager:
    def __enter__(self): return self
    def __exit__(self, *exc): return False
    def own(self): return self
manager = Manager()
def leave(n):
    for each in range(3):
        with manager, manager.own() as other:
            if n == 1:
                return [each, n]
            if n == 2:
                continue
            if n == 3:
                break
            if n == 4:
                with Manager():
                    return other
def run():
    for n in range(5):
        leave(n)
""",
    "exceptions": """
class Trouble(Exception): pass
def fail():
    raise Trouble("x")
def run():
    for x in range(2):
        try:
            fail()
        except ValueError:
            pass
        except Trouble as trouble:
            y = trouble.args
            continue
        finally:
            z = 1
    try:
        int("a")
    except ValueError:
        return 1
""",
    "exception in a loop": """
def run():
    n = 0
    while n < 3:
        n += 1
        try:
            {}[n]
        except KeyError:
            m = n
    return m
""",
    "try in try": """
d = {}
def run():
    try:
        try:
            d["a"]
        finally:
            d["b"] = 1
    except KeyError:
        d["c"] = 2
    return d
""",
    "return from a loop within with": """
import threading
lock = threading.Lock()
d = {}
def run():
    for x in range(3):
        with lock:
            if x in d:
                return d[x]
            d[1] = x
""",
}  # fmt: skip
