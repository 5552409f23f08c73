"""What correct apps do is no finding: clocks, counters, random ids, caches, variants, public lists, shuffled keys."""

import json
import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.apps.calls import Call
from harness.apps.exchanges import Visit
from harness.apps.oracle.slots import Slot
from harness.core.app_record import Sign
from harness.core.ports import Answer
from tests.apps.oracle.lab import Lab, reply

ITEM = Call("GET", "/item/{token}")
START = datetime(2026, 11, 21, 11, 59, 57)  # noqa: DTZ001 -- a clock on a wall, not a moment
RANDOM = random.Random(1)
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"


def moments(step: float) -> Iterator[datetime]:
    return (START + timedelta(seconds=step * n) for n in count())


def of_letters(length: int) -> str:
    return "".join(RANDOM.choices(LETTERS, k=length))


def in_html(value: object) -> Answer:
    return reply(
        f"<html><body>\n<h1>Item</h1>\n<p>It is {value} now</p>\n<footer>© shop</footer></body></html>"
    )


def in_json(value: object) -> Answer:
    return reply({"item": {"kind": "book", "value": value}, "ok": True})


def in_a_sentence(value: object) -> Answer:
    return reply(f"Item bought: {value} (thank you!)")


def in_a_header(value: object) -> Answer:
    return reply("fine", 200, ("X-Value", str(value)))


CLOCKS: dict[str, Callable[[datetime], object]] = {
    "iso": lambda now: now.isoformat(),
    "rfc": lambda now: now.strftime("%a, %d %b %Y %H:%M:%S GMT"),
    "time": lambda now: now.strftime("%H:%M:%S"),
    "american": lambda now: now.strftime("%m/%d/%Y, %I:%M:%S %p"),
    "epoch": lambda now: int(now.timestamp()),
    "fine epoch": lambda now: now.timestamp(),
    "milliseconds": lambda now: int(now.timestamp() * 1000),
}
PLACES = [in_html, in_json, in_a_sentence, in_a_header]


def judged(
    lab: Lab, values: Iterator[object], shown: Callable[[object], Answer], times: int = 40
) -> list[object]:
    return [clue for _ in range(times) for clue in lab.look(ITEM, lab.visit(), shown(next(values)))]


@pytest.mark.parametrize("shown", PLACES)
@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("step", [0.02, 0.7])
def test_clocks(shown: Callable[[object], Answer], clock: str, step: float) -> None:
    lab = Lab()
    now = moments(step)
    lab.learn(ITEM, lambda visit: shown(CLOCKS[clock](next(now))), seconds=step, times=6)
    later = (CLOCKS[clock](moment + timedelta(seconds=1)) for moment in now)
    assert judged(lab, later, shown) == []


NOISE: dict[str, Callable[[], object]] = {
    "hex": lambda: RANDOM.randbytes(8).hex(),
    "uuid": lambda: "{}-{}-{}".format(*(RANDOM.randbytes(n).hex() for n in (4, 2, 6))),
    "base64": lambda: of_letters(43),
    "padded base64": lambda: of_letters(RANDOM.randrange(20, 24)) + "==",
    "milliseconds taken": lambda: f"{RANDOM.expovariate(1) * 10:.3f}ms",
    "seconds taken": lambda: RANDOM.expovariate(1) / 1000,
    "dice": lambda: RANDOM.randrange(6) + 1,
    "chance": RANDOM.random,
    "big numbers": lambda: f"{int(10 ** (RANDOM.random() * 9)):,}",
    "ip": lambda: ".".join(str(RANDOM.randrange(256)) for _ in range(4)),
    "size": lambda: f"{RANDOM.randrange(1, 2000)} kB",
    "animal": lambda: RANDOM.choice(["cat", "dog", "wombat", "emu", "polar bear"]),
    "quote": lambda: " ".join(of_letters(5) for _ in range(RANDOM.randrange(1, 30))),
}


@pytest.mark.parametrize("shown", PLACES)
@pytest.mark.parametrize("noise", NOISE)
def test_noise(shown: Callable[[object], Answer], noise: str) -> None:
    lab = Lab()
    values = (NOISE[noise]() for _ in count())
    lab.learn(ITEM, lambda visit: shown(next(values)), times=8)
    assert judged(lab, values, shown, 400) == []


@pytest.mark.parametrize("shown", PLACES)
def test_counters(shown: Callable[[object], Answer]) -> None:
    lab = Lab()
    values = count(8)
    lab.learn(ITEM, lambda visit: shown(next(values)))
    assert judged(lab, iter(range(9999, 100000)), shown, 400) == []


def test_hidden_csrf_fields() -> None:
    lab = Lab()

    def form(visit: Visit) -> Answer:
        return reply(
            f'<form method="post"><input type="hidden" name="csrf" value="{of_letters(40)}">'
            f'<input name="item" value="{visit.values["token"]}"></form>',
            200,
            ("Set-Cookie", f"csrf={of_letters(40)}; Path=/"),
        )

    lab.learn(ITEM, form)
    for user in ("u1", "u2", "u3") * 30:
        visit = lab.visit(user)
        assert lab.look(ITEM, visit, form(visit)) == []


@pytest.mark.parametrize("header", ["X-Cache", "Cf-Cache-Status"])
def test_caches_that_hit_or_miss(header: str) -> None:
    lab = Lab()
    turns = iter(["MISS", "HIT", "HIT", "MISS", *["HIT"] * 50])
    lab.learn(ITEM, lambda visit: reply("cached", 200, (header, next(turns)), ("Age", next(turns))), times=1)
    assert lab.look(ITEM, lab.visit(), reply("cached", 200, (header, "EXPIRED"), ("Age", "777"))) == []


def test_headers_of_the_transfer_and_new_ones() -> None:
    lab = Lab()
    lab.learn(
        ITEM, lambda visit: reply("same", 200, ("Date", "Sat"), ("Connection", "keep-alive"), ("ETag", "a"))
    )
    other = reply("same", 200, ("Date", "Sun"), ("Connection", "close"), ("ETag", "b"), ("X-Worker", "7"))
    assert lab.look(ITEM, lab.visit(), other) == []


def test_two_variants() -> None:
    lab = Lab()
    pages = ["<h1>Buy</h1><p>now</p><b>a</b>", "<h1>Buy</h1><div>later, with a voucher</div>"]
    lab.learn(ITEM, lambda visit: reply(RANDOM.choice(pages)), times=8)
    assert [clue for page in pages for clue in lab.look(ITEM, lab.visit(), reply(page))] == []


def test_shuffled_keys() -> None:
    lab = Lab()

    def shuffled(visit: Visit) -> Answer:
        items = list({"a": 1, "b": [1, 2], "c": {"x": None, "t": visit.values["token"]}, "d": "word"}.items())
        RANDOM.shuffle(items)
        return reply(dict(items))

    lab.learn(ITEM, shuffled)
    for _ in range(20):
        visit = lab.visit()
        assert lab.look(ITEM, visit, shuffled(visit)) == []
        assert lab.look(ITEM, visit, reply({"a": 2, **json.loads(shuffled(visit).body), "b": [1, 3]})) != []


def test_lists_of_any_length() -> None:
    lab = Lab()
    lengths = count(1)

    def history(visit: Visit, length: int) -> Answer:
        return reply({"orders": [{"n": n, "state": "sent" if n % 3 else "new"} for n in range(length)]})

    lab.learn(ITEM, lambda visit: history(visit, next(lengths)))
    for length in (0, 1, 50):
        visit = lab.visit()
        assert lab.look(ITEM, visit, history(visit, length)) == []
    assert lab.look(ITEM, lab.visit(), reply({"orders": [{"n": 1, "state": "sent", "secret": 1}]})) != []


def test_objects_keyed_by_data() -> None:
    lab = Lab()
    lab.learn(
        ITEM, lambda visit: reply({"hits": {of_letters(12): {"n": 1}, f"10.0.0.{RANDOM.random()}": {"n": 2}}})
    )
    assert lab.look(ITEM, lab.visit(), reply({"hits": {"unheard of": {"n": 3}}})) == []
    assert lab.look(ITEM, lab.visit(), reply({"hits": {}, "misses": {"unheard of": {"n": 3}}})) != []


def rows(authors: list[Visit]) -> Answer:
    items = "\n".join(
        f"<li><b>{author.values['user']}</b> wrote <i>{author.values['token']}</i> at {n}"
        for n, author in enumerate(authors)
    )
    return reply(f"<ul>\n{items}\n</ul>")


def test_a_public_list_that_grows_is_allowed_by_a_pattern() -> None:
    lab, strict = Lab("GET /board"), Lab()
    call = Call("GET", "/board?by={token}")
    for each in (lab, strict):
        posts: list[Visit] = []

        def post(visit: Visit, posts: list[Visit] = posts, each: Lab = each) -> Answer:
            posts.append(visit)
            return rows(posts)

        each.learn(call, post)
        clues = []
        for n in range(30):
            visit = each.visit(f"u{n % 7}")
            clues += each.look(call, visit, post(visit))
        if each is strict:
            assert {clue.sign for clue in clues} == {Sign.FOREIGN}
        else:
            assert clues == []
            assert each.allowed.used == {"GET /board": 30}


def listed(posts: list[Visit]) -> Answer:
    return reply([post.values["token"] for post in posts])


def test_others_may_push_out_what_an_allowed_list_showed() -> None:
    lab = Lab("GET /board")
    call = Call("GET", "/board?by={token}")
    for shown in (rows, listed):
        posts: list[Visit] = []

        def last_three(
            visit: Visit, posts: list[Visit] = posts, shown: Callable[..., Answer] = shown
        ) -> Answer:
            posts.append(visit)
            return shown(posts[-3:])

        lab.learn(call, last_three)
        mine = lab.visit("u1")
        assert lab.look(call, mine, shown([lab.visit("u5"), lab.visit("u6"), lab.visit("u7")])) == []


def test_ones_own_posts_may_stand_where_alone_those_of_others_stood() -> None:
    lab = Lab("GET /board")
    call = Call("GET", "/board")
    for shown in (rows, listed):
        others = [lab.visit("u8"), lab.visit("u9")]
        lab.learn(call, lambda visit, shown=shown, others=others: shown(others))  # type: ignore[misc]
        earlier, mine = lab.visit("u1"), lab.visit("u1")
        assert lab.look(call, mine, shown([others[0], earlier])) == []
        assert lab.look(call, mine, shown([mine, others[1]])) == []
        assert lab.look(call, mine, shown([mine, earlier])) == []


MACHINE: dict[str, tuple[object, object]] = {
    "text": ("took 0 ms on Thread-1", "took 17 ms on Thread-12"),
    "names": ({"elapsed_ms": 0, "threadId": 7}, {"elapsed_ms": 31, "threadId": 8}),
    "pool": ("ThreadPoolExecutor-0_0", "ThreadPoolExecutor-0_3"),
    "repr": ("<Request at 0x7f00aa00bb00>", "<Request at 0x7f00aa11cc00>"),
    "gauge": ({"active_requests": 1}, {"active_requests": 12}),
}


@pytest.mark.parametrize("case", MACHINE)
def test_what_tells_of_the_machine_at_work(case: str) -> None:
    lab = Lab()
    alone, loaded = MACHINE[case]
    lab.learn(ITEM, lambda visit: reply(alone))
    assert lab.look(ITEM, lab.visit(), reply(loaded)) == []


@pytest.mark.parametrize(
    ("alone", "loaded"),
    [
        ("took 3 cards on Thread", "took 4 cards on Thread"),
        ({"total": 30}, {"total": 60}),
        ({"support": "a"}, {"support": "b"}),
        ({"time": "11:20"}, {"time": "12:20"}),
    ],
)
def test_what_only_looks_like_it_is_compared(alone: object, loaded: object) -> None:
    lab = Lab()
    lab.learn(ITEM, lambda visit: reply(alone))
    assert [clue.sign for clue in lab.look(ITEM, lab.visit(), reply(loaded))] == [Sign.DIFFERS]


@pytest.mark.parametrize("seconds", [0.01, 1.5])
def test_a_moment_that_stands_still_while_clocks_would_tick_is_compared(seconds: float) -> None:
    lab = Lab()
    lab.learn(ITEM, lambda visit: reply("ordered at 2026-11-21 12:00:00"), seconds=seconds)
    clues = lab.look(ITEM, lab.visit(), reply("ordered at 2026-11-21 07:00:00"))
    assert [clue.sign for clue in clues] == ([Sign.DIFFERS] if seconds > 1 else [])


WORDS = st.sampled_from(
    ["⟨token⟩", "⟨user⟩", "⟨int⟩", "alpha", "beta", "17", "12:30:15", "a1b2c3d4e5", "x=1", "é", "."]
)


@given(template=st.lists(st.lists(WORDS, min_size=1, max_size=6), min_size=1, max_size=6), seed=st.integers())
def test_own_tokens_and_volatile_words_seen_alone_are_no_clue(template: list[list[str]], seed: int) -> None:
    """Each answer has the words of the template, own tokens filled in, and some words drawn from a pool seen alone."""
    lab = Lab()
    draw = random.Random(seed)
    varying = [
        (row, column)
        for row, words in enumerate(template)
        for column in range(len(words))
        if draw.random() < 0.3
    ]
    pools = {place: [f"w{draw.randrange(10**6)}" for _ in range(3)] for place in varying}
    turns = count()

    def answer(visit: Visit) -> Answer:
        turn = next(turns)
        lines = []
        for row, words in enumerate(template):
            filled = [
                pools[row, column][(turn + row + column) % 3] if (row, column) in pools else word
                for column, word in enumerate(words)
            ]
            lines.append(" ".join(filled))
        text = "\n".join(lines)
        for name in ("token", "user", "int"):
            text = text.replace(f"⟨{name}⟩", visit.values[name])
        return reply(text)

    lab.learn(ITEM, answer)
    for user in ("u1", "u2", "u4"):
        visit = lab.visit(user)
        assert lab.look(ITEM, visit, answer(visit)) == []


@given(st.lists(st.text(max_size=30), min_size=1, max_size=6))
def test_a_slot_fits_whatever_it_learnt(values: list[str]) -> None:
    slot = Slot([frozenset([value]) for value in values])
    assert all(slot.fits(value) for value in values)


@given(
    body=st.binary(max_size=200),
    kind=st.sampled_from(["text/html", "application/json", "image/png", "", "text/x; charset=nope"]),
)
def test_any_bytes_learnt_alone_are_no_clue(body: bytes, kind: str) -> None:
    lab = Lab()
    answer = Answer(200, (("Content-Type", kind),), body)
    lab.learn(ITEM, lambda visit: answer)
    assert lab.look(ITEM, lab.visit(), answer) == []
