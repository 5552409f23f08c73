"""Small programs of names, attributes, items and calls; each has a function ``run``."""

USE = {
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
    "callees by other names": """
import functools, operator, textwrap
def wrapped(f):
    def wrapper(self, *args, **kwargs):
        return f(self, *args, **kwargs)
    return wrapper
class Box:
    def __init__(self): self.all = {}
    @wrapped
    def __setitem__(self, name, value): self.all[name] = value
    @property
    def size(self): return len(self.all)
    def one(self): return 1
    def __len__(self): return 1
    def many(self, *args): return args
def take(): return 1
def run():
    box = Box()
    box["a"] = 1
    alias, get, count = box.one, operator.attrgetter("size"), box.__len__
    alias(), get(box), count(), "".join(map(str, [box.one()])), ",".join(map(Box.one, [box])) if 0 else ""
    f = box.many
    f(*[1]), f(1, *[2], **{}), box.many(*[1])
    textwrap.dedent(*["a"])
    return "ä".encode("idna"), functools.reduce(lambda a, b: a, [1, 2])
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
    "a function with many names": "\n".join(
        ["class Box: pass", "box = Box()", "def run():"]
        + [f"    box.a{n} = {n}" for n in range(300)]
        + ["    while box.a299:", "        box.a299 -= 150 if box.a298 == 298 else 149", "        box.a298 = str(0)"]
    ),
}  # fmt: skip
