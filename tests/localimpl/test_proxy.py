"""Tests LocalProxy: what is done to a proxy happens to the current object, as it does with Werkzeug's."""

import asyncio
import copy
import gc
import math
import operator
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import pytest
import werkzeug.local

from localimpl import Local, LocalProxy, LocalStack
from localimpl.contextvar import SUBJECT


def to(value: object) -> Any:
    """Return a proxy to a value."""
    return LocalProxy(lambda: value)


def nothing() -> Any:
    raise RuntimeError("nothing is bound")


UNARY: list[tuple[Callable[..., Any], Any]] = [
    (repr, [1]),
    (str, [1]),
    (bytes, b"ab"),
    (bool, []),
    (hash, "a"),
    (len, [1, 2]),
    (operator.length_hint, [1, 2]),
    (list, [1, 2]),
    (lambda value: list(reversed(value)), [1, 2]),
    (operator.neg, 3),
    (operator.pos, -3),
    (abs, -3),
    (operator.invert, 3),
    (complex, 2),
    (int, 2.5),
    (float, 2),
    (operator.index, 3),
    (bin, 3),
    (round, 2.6),
    (lambda value: round(value, 1), 2.64),
    (math.trunc, 2.6),
    (math.floor, 2.6),
    (math.ceil, 2.4),
    (copy.copy, [[1]]),
    (copy.deepcopy, [[1]]),
    (dir, {}),
    (lambda value: f"{value:>5}", 3),
    (lambda value: value[1], [1, 2]),
    (lambda value: 2 in value, [1, 2]),
    (lambda value: value("11", base=2), int),
]


@pytest.mark.parametrize(("operation", "value"), UNARY)
def test_an_operation_is_done_on_the_object(operation: Callable[..., Any], value: Any) -> None:
    assert operation(to(value)) == operation(value)


BINARY = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.floordiv,
    operator.mod,
    divmod,
    pow,
]
BINARY += [operator.lshift, operator.rshift, operator.and_, operator.or_, operator.xor]
COMPARISONS: list[Callable[[Any, Any], Any]] = [
    operator.lt,
    operator.le,
    operator.eq,
    operator.ne,
    operator.gt,
    operator.ge,
]


@pytest.mark.parametrize("operation", [*BINARY, *COMPARISONS])
def test_operands_keep_their_places(operation: Callable[[Any, Any], Any]) -> None:
    for left, right in ((7, 3), (3, 7), (5, 5)):
        assert operation(to(left), right) == operation(left, right)
        assert operation(left, to(right)) == operation(left, right)
        assert operation(to(left), to(right)) == operation(left, right)


class Recorder:
    """Answers each operator with its name, so that the right one is known to be called."""

    def __matmul__(self, other: Any) -> tuple[str, Any]:
        return "matmul", other

    def __rmatmul__(self, other: Any) -> tuple[str, Any]:
        return "rmatmul", other

    def __rpow__(self, base: Any, modulus: Any = None) -> tuple[str, Any]:
        return "rpow", base


def test_operators_that_numbers_lack() -> None:
    assert to(Recorder()) @ 1 == ("matmul", 1)
    assert 1 @ to(Recorder()) == ("rmatmul", 1)
    assert 2 ** to(Recorder()) == ("rpow", 2)
    assert pow(to(7), 2, 5) == pow(7, 2, 5)


@pytest.mark.parametrize(
    "name",
    [
        "add",
        "sub",
        "mul",
        "matmul",
        "truediv",
        "floordiv",
        "mod",
        "pow",
        "lshift",
        "rshift",
        "and",
        "xor",
        "or",
    ],
)
def test_an_in_place_operator_changes_the_object_and_keeps_the_proxy(name: str) -> None:
    calls: list[tuple[str, Any]] = []
    special = f"__i{name}__"

    def change(self: object, other: object) -> object:
        calls.append((special, other))
        return self

    kind = type("Changed", (), {special: change})
    proxy = to(kind())
    assert getattr(operator, special)(proxy, 2) is proxy
    assert calls == [(special, 2)]


def test_items_and_attributes_are_written_to_the_object() -> None:
    values = [1, 2, 3]
    proxy = to(values)
    proxy[0] = 4
    del proxy[1]
    proxy += [5]
    assert values == [4, 3, 5]

    class Plain:
        pass

    plain: Any = Plain()
    proxy = to(plain)
    proxy.user = 1
    assert plain.user == proxy.user == 1
    assert proxy.__dict__ == {"user": 1}
    del proxy.user
    assert not hasattr(plain, "user")
    assert not hasattr(proxy, "user")


def test_the_proxy_looks_like_the_object_but_for_its_type() -> None:
    proxy = to([])
    assert isinstance(proxy, list)
    assert proxy.__class__ is list
    assert proxy.__doc__ == list.__doc__
    assert LocalProxy.__doc__ is not None
    assert isinstance(1, to(int))
    assert issubclass(bool, to(int))
    proxy = to(len)
    assert callable(proxy)
    assert type(proxy) is LocalProxy


def test_the_current_object_is_looked_up_at_each_use() -> None:
    objects = ["first", "second"]
    proxy = LocalProxy(lambda: objects[0])
    assert proxy._get_current_object() is objects[0]
    objects.reverse()
    assert proxy._get_current_object() == proxy == "second"


def test_context_managers_iterators_and_coroutines() -> None:
    class Everything:
        def __init__(self) -> None:
            self.left = [2, 1]
            self.log: list[str] = []

        def __enter__(self) -> str:
            self.log.append("enter")
            return "entered"

        def __exit__(self, *error: object) -> None:
            self.log.append("exit")

        async def __aenter__(self) -> str:
            self.log.append("aenter")
            return "entered"

        async def __aexit__(self, *error: object) -> None:
            self.log.append("aexit")

        def __aiter__(self) -> "Everything":
            return self

        async def __anext__(self) -> int:
            if not self.left:
                raise StopAsyncIteration
            return self.left.pop()

    everything = Everything()
    proxy = to(everything)

    async def answer() -> int:
        return 42

    async def main() -> tuple[list[int], int]:
        async with proxy as entered:
            assert entered == "entered"
        return [item async for item in proxy], await to(answer())

    with proxy as entered:
        assert entered == "entered"
    assert asyncio.run(main()) == ([1, 2], 42)
    assert everything.log == ["enter", "exit", "aenter", "aexit"]
    assert next(to(iter([7]))) == 7


UNBOUND: dict[str, Callable[[], Any]] = {
    "local": lambda: LocalProxy(SUBJECT.make(), "user"),
    "stack": lambda: LocalProxy(SUBJECT.make_stack()),
    "attribute of a stack's top": lambda: SUBJECT.make_stack()("user"),
    "variable": lambda: LocalProxy(ContextVar("empty")),
    "attribute of a variable": lambda: LocalProxy(ContextVar("empty"), "user"),
    "callable": lambda: LocalProxy(nothing),
}


def test_nothing_breaks_who_walks_the_heap() -> None:
    # As gevent does when it patches, looking for locks.
    alive = [make() for make in UNBOUND.values()]
    # Others' lazy objects, such as Django's settings, may well break.
    ours = [each for each in gc.get_objects() if type(each).__module__ == LocalProxy.__module__]
    assert sum(isinstance(each, LocalProxy) for each in ours) >= len(alive)


@pytest.mark.parametrize("make", UNBOUND.values(), ids=UNBOUND)
def test_an_unbound_proxy_answers_for_itself_where_it_can(make: Callable[[], Any]) -> None:
    proxy = make()
    assert repr(proxy) == "<LocalProxy unbound>"
    assert not proxy
    assert dir(proxy) == []
    assert proxy.__class__ is LocalProxy
    assert isinstance(proxy, LocalProxy)
    assert proxy.__doc__ == LocalProxy.__doc__
    assert proxy.__repr__() == "<LocalProxy unbound>"


USES: list[Callable[[Any], Any]] = [
    len,
    str,
    hash,
    copy.deepcopy,
    lambda proxy: proxy.user,
    lambda proxy: proxy.__dict__,
    lambda proxy: proxy._get_current_object(),
    lambda proxy: setattr(proxy, "user", 1),
    lambda proxy: proxy(1),
    lambda proxy: proxy + 1,
    lambda proxy: 1 + proxy,
    lambda proxy: proxy == 1,
    lambda proxy: operator.setitem(proxy, 0, 1),
]


@pytest.mark.parametrize("make", UNBOUND.values(), ids=UNBOUND)
@pytest.mark.parametrize("use", USES)
def test_an_unbound_proxy_refuses_everything_else(make: Callable[[], Any], use: Callable[[Any], Any]) -> None:
    with pytest.raises(RuntimeError, match="bound"):
        use(make())


def test_the_unbound_message_can_be_chosen() -> None:
    local, stack = SUBJECT.make(), SUBJECT.make_stack()
    for proxy in (
        local("user", unbound_message="outside of a request"),
        stack(unbound_message="outside of a request"),
        LocalProxy(ContextVar("empty"), unbound_message="outside of a request"),
    ):
        with pytest.raises(RuntimeError, match="outside of a request"):
            len(proxy)


def test_an_error_of_the_object_itself_is_not_taken_for_unbound() -> None:
    asked: list[int] = []

    class Refusing:
        @property
        def user(self) -> int:
            asked.append(1)
            raise RuntimeError("the object refuses")

        __wrapped__ = __doc__ = user  # type: ignore[assignment]

    for name in ("user", "__wrapped__", "__doc__"):
        with pytest.raises(RuntimeError, match="the object refuses"):
            getattr(to(Refusing()), name)
    assert len(asked) == 3


def test_a_look_up_error_of_a_callable_is_its_own() -> None:
    with pytest.raises(KeyError, match="user"):
        str(LocalProxy(lambda: dict[str, str]()["user"]))


def test_a_default_of_a_variable_is_bound() -> None:
    assert LocalProxy(ContextVar("defaulted", default=3)) == 3


def test_a_value_that_is_false_or_none_is_bound() -> None:
    local = SUBJECT.make()
    local.user = None
    assert repr(local("user")) == "None"
    var = ContextVar[Any]("none")
    var.set(None)
    assert repr(LocalProxy(var)) == "None"


def test_a_name_reaches_into_whatever_is_proxied() -> None:
    class Context:
        def __init__(self, user: object) -> None:
            self.user = user

    var = ContextVar[Any]("context")
    var.set(Context(Context("inner")))
    stack = SUBJECT.make_stack()
    stack.push(var.get())
    for source in (var, stack, var.get):
        assert LocalProxy(source, "user.user") == "inner"
    with pytest.raises(AttributeError, match="session"):
        str(LocalProxy(var, "session"))


def test_wrapped_is_what_an_unbound_proxy_was_made_for() -> None:
    local: Local = SUBJECT.make()
    assert local("user").__wrapped__ is local
    local.user = 1
    with pytest.raises(AttributeError):
        _ = local("user").__wrapped__


def test_a_proxy_to_nothing_that_can_be_proxied_is_refused() -> None:
    with pytest.raises(TypeError, match="not for a int"):
        LocalProxy(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="needs the name"):
        LocalProxy(SUBJECT.make())


def test_copies_are_of_the_object() -> None:
    class Deep:
        def __deepcopy__(self, memo: object) -> str:
            return "deep"

    assert copy.deepcopy(to(Deep())) == "deep"
    assert copy.deepcopy(to(len)) is len
    inner: list[int] = []
    assert copy.copy(to([inner]))[0] is inner
    assert copy.deepcopy(to([inner]))[0] is not inner


def test_it_has_every_special_method_that_werkzeugs_has() -> None:
    # The attributes that are not looked up on the type come through __getattribute__.
    asked_of_the_instance = {
        "__getattr__",
        "__wrapped__",
        "__slots__",
        "__module__",
        "__parameters__",
        "__orig_bases__",
    }
    asked_of_the_instance |= {"__static_attributes__", "__firstlineno__", "__annotations__", "__class__"}
    theirs = {
        name for name in vars(werkzeug.local.LocalProxy) if name.startswith("__")
    } - asked_of_the_instance
    assert theirs - vars(LocalProxy).keys() == set()


@pytest.mark.parametrize("make", [Local, LocalStack])
def test_locals_and_stacks_hand_out_proxies(make: type) -> None:
    bound: Any = SUBJECT.make() if make is Local else SUBJECT.make_stack()
    assert type(bound("user")) is LocalProxy
