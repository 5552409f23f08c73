"""Small programs whose switch points are the same on every Python; each has a function ``run``."""

SNIPPETS = {
    "attribute": """
class Box: pass
box = Box()
def run():
    box.n = 1
    box.n += 1
    del box.n
""",
    "global": """
count = 0
def run():
    global count
    if not count:
        count = count + 1
""",
    "constants": """
import os.path
LIMIT = 3
TABLE = {1: 2}
class Kind:
    name = "kind"
def run():
    return LIMIT, os.path.sep, Kind.name, TABLE
""",
    "items": """
d = {}
def run():
    d["a"] = 1
    if "a" in d:
        d["a"] += 1
    del d["a"]
""",
    "slices": """
def run():
    xs = [1, 2, 3]
    ys = xs[1:]
    xs[:1] = ys
    return xs[0:2]
""",
    "methods of containers": """
d = {}
def run():
    xs = []
    xs.append(d.get("a"))
    d.setdefault("b", 2)
    return xs
""",
    "closed calls": """
def run():
    return isinstance(1, int), len("abc"), type(1)
""",
    "shadowed": """
def len(x):
    return 3
def run():
    return len("abc")
""",
    "for": """
def run():
    for x in (1, 2, 3):
        y = x
    return y
""",
    "for with continue": """
def run():
    for x in range(4):
        if x == 1:
            continue
        if x == 3:
            break
        y = x
    else:
        y = 0
""",
    "for whose body ends in a condition": """
class Box: n = 0
box = Box()
def run():
    for x in range(4):
        if x > 1:
            box.n = x
""",
    "for over several lines": """
def run():
    for x in (
        1,
        2,
    ):
        y = (
            x
        )
""",
    "while": """
def run():
    n = 3
    while n:
        n -= 1
""",
    "while true": """
def run():
    n = 0
    while True:
        n += 1
        if n == 3:
            break
""",
    "while with and": """
class Box: n = 0
box = Box()
def run():
    n = 0
    while n < 4 and box.n < 2:
        n += 1
        box.n += 1
""",
    "while with not": """
def run():
    done = False
    n = 0
    while not done:
        n += 1
        done = n > 2
    while n is not None:
        n = None
    while n is None:
        n = 1
""",
    "while with continue": """
def run():
    n = 0
    while n < 5:
        n += 1
        if n % 2:
            continue
        m = n
""",
    "while at the top with continue": """
class Box: n = 0
box = Box()
def run():
    while box.n < 4:
        box.n += 1
        if box.n % 2:
            continue
        box.m = 1
def other():
    while not run():
        if box.n: break
""",
    "branches that end in accesses": """
class Box: n = 0
box = Box()
def one(a):
    if a:
        repr(1)
    else:
        repr(2)
    return box.n
def two(a):
    if a:
        repr(1)
    elif box.n:
        repr(2)
    box.n = 2
    return a
def three(a):
    for x in range(2):
        if a:
            repr(1)
        else:
            repr(2)
    try:
        repr(1)
    finally:
        box.n = 3
    with a and box.lock or memoryview(b""):
        repr(1)
    return box.n if repr(1) else box
def run():
    one(0), one(1), two(0), two(1), three(0)
""",
    "while over several lines": """
class Box: n = 0
box = Box()
def run():
    while (
        box.n < 2
        and box.n < 3
    ):
        box.n += 1
""",
    "loops within loops": """
def run():
    n = 0
    for x in range(2):
        for y in range(2):
            while n < x + y:
                n += 1
""",
    "a function run twice": """
def inner():
    n = 0
    while n < 2:
        n += 1
def run():
    inner()
    inner()
""",
    "comprehensions": """
d = {"a": 1}
def run():
    xs = [x for x in range(3) if x]
    ys = {x: d[y] for x in xs for y in d}
    zs = {
        str(x)
        for x in xs
        if x > 1
    }
    return [[x + y for x in xs] for y in xs], zs, ys
""",
    "comprehension that calls": """
def double(x):
    return x + x
def run():
    n = 2
    return [double(x + n) for x in range(2)]
""",
    "generator expression": """
def run():
    return sum(x for x in range(3) if x), tuple(y for y in "ab")
""",
    "generator": """
def numbers():
    yield 1
    n = yield 2
    yield n
def run():
    it = numbers()
    next(it)
    next(it)
    it.send(5)
    for x in numbers():
        pass
""",
    "yield from": """
def inner():
    yield 1
    yield 2
def outer():
    yield from inner()
    return 3
def run():
    return list(outer())
""",
    "async def": """
class Box: n = 0
box = Box()
class Turn:
    def __await__(self):
        yield 1
async def inner():
    box.n += 1
    await Turn()
    return box.n
async def outer():
    return await inner()
def run():
    it = outer()
    try:
        while True:
            it.send(None)
    except StopIteration as end:
        return end.value
""",
    "async with and for": """
class Manager:
    async def __aenter__(self): return self
    async def __aexit__(self, *exc): pass
async def numbers():
    yield 1
    yield 2
async def outer():
    async with Manager() as m:
        async for x in numbers():
            m.x = x
        return [y async for y in numbers()]
def run():
    try:
        outer().send(None)
    except StopIteration as end:
        return end.value
""",
    "property": """
class Box:
    _n = 1
    @property
    def n(self): return self._n
    @n.setter
    def n(self, value): self._n = value
def run():
    box = Box()
    box.n = box.n + 1
""",
    "unasked": """
import fractions, enum, types, functools, collections, abc
from collections.abc import Mapping
class Box:
    @functools.cached_property
    def n(self): return 1
box = Box()
half = fractions.Fraction(1, 2)
counter = collections.Counter("a")
chain = collections.ChainMap({"a": 1})
class Kind(enum.Enum):
    A = 1
def run():
    total = half + half
    top = half.numerator
    chain["b"] = chain["a"]
    "c" in chain
    del chain["b"]
    counter["z"]
    f"{half}"
    for each in chain:
        if half < total:
            pass
    try:
        chain["none"]
    except KeyError:
        pass
    if half and Kind.A.value and isinstance(chain, Mapping):
        return box.n, box.n, len(chain), -half, half == half
""",
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
    "decorators": """
import functools
def log(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)
    return wrapper
def run():
    @log
    def inner(a, b=1):
        return a + b
    return inner(1) + inner(1, b=2)
""",
    "lambdas": """
def run():
    double = lambda x: x + x
    return sorted([3, 1], key=lambda x: -x), double(2), list(map(double, [1]))
""",
    "class bodies": """
def make():
    class Thing:
        size = len("abc")
        def __init__(self, n):
            self.n = n
        names = [x for x in "ab"]
        other = str(size)
    return Thing
def run():
    return make()(3).n
""",
    "super": """
class A:
    def __init__(self, n): self.n = n
    def size(self): return self.n
class B(A):
    def __init__(self, n):
        super().__init__(n)
    def size(self):
        return super().size() + super().n if False else super(B, self).size()
def run():
    return B(2).size()
""",
    "nonlocal": """
def run():
    n = 0
    m = 1
    def more():
        nonlocal n
        n += m
    more()
    return n
""",
    "calls with all kinds of arguments": """
import os.path
def f(*args, **kwargs):
    return len(args)
class G:
    def m(self, a, *, b=2): return a
def run():
    f(1, 2, a=3)
    f(*[1], **{"b": 2})
    f(1 if f() else 2, f() or 3)
    G().m(1, b=f(4))
    G().m(*(1,))
    os.path.join("a", "b")
    (f if f() else f)(1)
""",
    "chains": """
class Q:
    def a(self): return self
    def b(self, n): return self
def run():
    return (
        Q()
        .a()
        .b(1)
        .a()
    )
""",
    "calls over several lines": """
def f(*args): return args
def run():
    return f(
        f(1),
        len("a"),
        str(
            2
        ),
    )
""",
    "callbacks": """
class Box:
    callback = None
box = Box()
def done(): pass
def run():
    box.callback = done
    if box.callback:
        box.callback()
    box.other = [done]
    box.other[0]()
""",
    "calls of code that is not watched": """
import textwrap, fractions
class Mine(fractions.Fraction): pass
def run():
    textwrap.dedent("a")
    fractions.Fraction(1, 2)
    Mine(3)
    dict(a=1)
    list((1, 2))
    return textwrap.TextWrapper().fill("a b")
""",
    "code in C that calls back": """
import functools
def key(x): return x
class Same:
    def __eq__(self, other): return True
    def __hash__(self): return 1
@functools.lru_cache
def cached(x): return x
def run():
    sorted([2, 1], key=key)
    d = {Same(): 1}
    d.get(Same())
    cached(1)
    cached(1)
    functools.partial(key, 1)()
    return Same() in [1]
""",
    "match": """
class P:
    __match_args__ = ("x",)
    def __init__(self, x): self.x = x
def run():
    for each in ({"a": 1}, [1, 2], P(3), 4):
        match each:
            case {"a": n}:
                y = n
            case [a, b]:
                y = b
            case P(x) if x:
                y = x
            case _:
                y = 0
""",
    "walrus and conditions": """
d = {"a": 1}
def run():
    if (n := d.get("a")) and n > 0 or d:
        m = n if n else d["a"]
    assert m, str(m)
    return not m
""",
    "unpacking and strings": """
def run():
    a, *b = range(3)
    c, d = b
    e = f"{a} {b!r:>10} {str(c)}"
    return [*b, d], {**{}, "e": e}
""",
    "imports": """
def run():
    import textwrap
    from os import path
    return textwrap.dedent("x"), path.sep
""",
    "delayed definitions": """
def run():
    code = {}
    def outer():
        def inner():
            code["x"] = 1
        return inner
    outer()()
    outer()()
""",
    "enumerations": """
import enum
class Colour(enum.Enum):
    RED = 1
def run():
    return Colour.RED is Colour["RED"], Colour(1).name
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
    "recursion": """
def run(n=3):
    return run(n - 1) + 1 if n else 0
""",
    "a function with many names": "\n".join(
        ["class Box: pass", "box = Box()", "def run():"]
        + [f"    box.a{n} = {n}" for n in range(300)]
        + ["    while box.a299:", "        box.a299 -= 150 if box.a298 == 298 else 149", "        box.a298 = str(0)"]
    ),
}  # fmt: skip
