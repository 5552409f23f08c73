"""Small programs of loops, branches, generators and coroutines; each has a function ``run``."""

FLOW = {
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
    "generator expressions over several lines": """
def run():
    return any(
        each.upper() == "Z"
        for each
        in "ab"
        if each
    ), ", ".join(
        str(a) + b for
        a, b in [(1, "a")]
    )
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
    "calls beside other ways": """
d = {"a": 1}
def ask(name): return d.get(name)
def rest(c):
    x = c or ask("b")
    y = ask("a") if c else d.get("a")
    return c and d.get("z") or ask("c")
def run():
    for each in (0, 1, 0):
        rest(each)
    return any(each == 1 or ask("a") for each in (1, 0))
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
    "recursion": """
def run(n=3):
    return run(n - 1) + 1 if n else 0
""",
}  # fmt: skip
