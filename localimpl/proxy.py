"""LocalProxy: stands for what a Local, a LocalStack, a ContextVar or a callable yields at each use."""

import copy
import math
import operator
from collections.abc import Callable
from contextvars import Context, ContextVar
from functools import partial
from operator import attrgetter
from typing import Any, Final, Protocol

_own = object.__getattribute__


class _Unset:
    """The type of UNSET, which raises at any touch: a proxy need not compare before each attribute read."""

    __slots__ = ()

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError

    def __repr__(self) -> str:
        return "<unset>"


UNSET: Final = _Unset()
"""What a reader returns for a name that has no value here; it never leaves this package."""


class Readable(Protocol):
    """What hands out readers: a Local or a LocalStack."""

    def reader(self, name: str | None, /) -> Callable[[], Any]:
        """Return a look-up without arguments that answers UNSET where there is no value."""


def _forward(operation: Callable[..., Any], unbound: Callable[["LocalProxy"], Any] | None = None) -> Any:
    """Make a special method: the operation on the current object, or unbound where there is none."""

    def method(self: "LocalProxy", /, *args: Any, **kwargs: Any) -> Any:
        try:
            obj = _current(self)
        except RuntimeError:
            if unbound is None:
                raise
            return unbound(self)
        return operation(obj, *args, **kwargs)

    return method


def _reflected(operation: Callable[[Any, Any], Any]) -> Any:
    """Make a reflected operator."""
    return _forward(lambda obj, other: operation(other, obj))


def _in_place(operation: Callable[[Any, Any], Any]) -> Any:
    """Make an in-place operator: it changes the current object and leaves the variable bound to the proxy."""

    def method(self: "LocalProxy", other: Any, /) -> "LocalProxy":
        operation(_current(self), other)
        return self

    return method


def _by_name(name: str) -> Any:
    """Make a special method that calls the current object's method of that name."""
    return _forward(lambda obj, *args: getattr(obj, name)(*args))


class LocalProxy:
    """A proxy to an object that is each unit's own.

    ``LocalProxy(local, name)`` stands for what a Local holds under ``name``; a LocalStack, a ContextVar or a
    callable needs no name, and with one the proxy stands for that attribute of what it yields. Every operation,
    attributes and special methods alike, is done on the object that is current at that moment, and
    ``isinstance(proxy, …)`` sees that object's class. Where there is none, operations raise RuntimeError with
    ``unbound_message``; only ``repr``, ``bool``, ``dir``, ``__class__``, ``__doc__`` and ``__wrapped__`` (which
    then is ``local``) answer for the proxy itself. A callable says that it has nothing by raising RuntimeError.
    """

    __slots__ = ("_lookup", "_message", "_wrapped")

    def __init__(
        self,
        local: Readable | ContextVar[Any] | Callable[[], Any],
        name: str | None = None,
        *,
        unbound_message: str | None = None,
    ) -> None:
        _set_lookup(self, _lookup_of(local, name))
        _set_wrapped(self, local)
        _set_message(self, "object is not bound" if unbound_message is None else unbound_message)

    def __getattribute__(self, name: str) -> Any:
        if name == "_get_current_object":
            return _own(self, name)
        try:
            return getattr(_get_lookup(self)(), name)
        except (RuntimeError, AttributeError):
            return _fallback(self, name)

    def _get_current_object(self) -> Any:
        """Return the object that the proxy stands for here; RuntimeError where there is none."""
        return _current(self)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(_current(self), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(_current(self), name)

    __repr__ = _forward(repr, unbound=lambda self: "<LocalProxy unbound>")
    __bool__ = _forward(bool, unbound=lambda self: False)
    __dir__ = _forward(dir, unbound=lambda self: [])
    __str__ = _forward(str)
    __bytes__ = _forward(bytes)
    __format__ = _forward(format)
    __hash__ = _forward(hash)
    __lt__ = _forward(operator.lt)
    __le__ = _forward(operator.le)
    __eq__ = _forward(operator.eq)
    __ne__ = _forward(operator.ne)
    __gt__ = _forward(operator.gt)
    __ge__ = _forward(operator.ge)
    __instancecheck__ = _forward(lambda cls, instance: isinstance(instance, cls))
    __subclasscheck__ = _forward(lambda cls, subclass: issubclass(subclass, cls))
    __call__ = _forward(lambda obj, *args, **kwargs: obj(*args, **kwargs))
    __len__ = _forward(len)
    __length_hint__ = _forward(operator.length_hint)
    __getitem__ = _forward(operator.getitem)
    __setitem__ = _forward(operator.setitem)
    __delitem__ = _forward(operator.delitem)
    __iter__ = _forward(iter)
    __next__ = _forward(next)
    __reversed__ = _forward(reversed)
    __contains__ = _forward(operator.contains)
    __add__ = _forward(operator.add)
    __sub__ = _forward(operator.sub)
    __mul__ = _forward(operator.mul)
    __matmul__ = _forward(operator.matmul)
    __truediv__ = _forward(operator.truediv)
    __floordiv__ = _forward(operator.floordiv)
    __mod__ = _forward(operator.mod)
    __divmod__ = _forward(divmod)
    __pow__ = _forward(pow)
    __lshift__ = _forward(operator.lshift)
    __rshift__ = _forward(operator.rshift)
    __and__ = _forward(operator.and_)
    __xor__ = _forward(operator.xor)
    __or__ = _forward(operator.or_)
    __radd__ = _reflected(operator.add)
    __rsub__ = _reflected(operator.sub)
    __rmul__ = _reflected(operator.mul)
    __rmatmul__ = _reflected(operator.matmul)
    __rtruediv__ = _reflected(operator.truediv)
    __rfloordiv__ = _reflected(operator.floordiv)
    __rmod__ = _reflected(operator.mod)
    __rdivmod__ = _reflected(divmod)
    __rpow__ = _forward(lambda obj, base, *modulus: pow(base, obj, *modulus))
    __rlshift__ = _reflected(operator.lshift)
    __rrshift__ = _reflected(operator.rshift)
    __rand__ = _reflected(operator.and_)
    __rxor__ = _reflected(operator.xor)
    __ror__ = _reflected(operator.or_)
    __iadd__ = _in_place(operator.iadd)
    __isub__ = _in_place(operator.isub)
    __imul__ = _in_place(operator.imul)
    __imatmul__ = _in_place(operator.imatmul)
    __itruediv__ = _in_place(operator.itruediv)
    __ifloordiv__ = _in_place(operator.ifloordiv)
    __imod__ = _in_place(operator.imod)
    __ipow__ = _in_place(operator.ipow)
    __ilshift__ = _in_place(operator.ilshift)
    __irshift__ = _in_place(operator.irshift)
    __iand__ = _in_place(operator.iand)
    __ixor__ = _in_place(operator.ixor)
    __ior__ = _in_place(operator.ior)
    __neg__ = _forward(operator.neg)
    __pos__ = _forward(operator.pos)
    __abs__ = _forward(abs)
    __invert__ = _forward(operator.invert)
    __complex__ = _forward(complex)
    __int__ = _forward(int)
    __float__ = _forward(float)
    __index__ = _forward(operator.index)
    __round__ = _forward(round)
    __trunc__ = _forward(math.trunc)
    __floor__ = _forward(math.floor)
    __ceil__ = _forward(math.ceil)
    __copy__ = _forward(copy.copy)
    __deepcopy__ = _forward(copy.deepcopy)
    __enter__ = _by_name("__enter__")
    __exit__ = _by_name("__exit__")
    __await__ = _by_name("__await__")
    __aiter__ = _by_name("__aiter__")
    __anext__ = _by_name("__anext__")
    __aenter__ = _by_name("__aenter__")
    __aexit__ = _by_name("__aexit__")


_slots = vars(LocalProxy)
# The slots' own descriptors, since the class hands every name on. Calling one costs a third less than
# object.__getattribute__, which is most of what an attribute read through a proxy costs.
_get_lookup: Callable[[LocalProxy], Callable[[], Any]] = _slots["_lookup"].__get__
_get_wrapped: Callable[[LocalProxy], Any] = _slots["_wrapped"].__get__
_get_message: Callable[[LocalProxy], str] = _slots["_message"].__get__
_set_lookup: Callable[[LocalProxy, Callable[[], Any]], None] = _slots["_lookup"].__set__
_set_wrapped: Callable[[LocalProxy, Any], None] = _slots["_wrapped"].__set__
_set_message: Callable[[LocalProxy, str], None] = _slots["_message"].__set__


def _current(proxy: LocalProxy) -> Any:
    obj = _get_lookup(proxy)()
    if obj is UNSET:
        raise RuntimeError(_get_message(proxy))
    return obj


def _fallback(proxy: LocalProxy, name: str) -> Any:
    """Answer for the proxy itself where it stands for nothing, else let the object's own error through."""
    try:
        obj = _current(proxy)
    except RuntimeError:
        match name:
            case "__class__":
                return LocalProxy
            case "__wrapped__":
                return _get_wrapped(proxy)
            case "__doc__" | "__repr__" | "__bool__" | "__dir__":
                return _own(proxy, name)
        raise
    if name == "__deepcopy__":  # copy.deepcopy asks the instance, and few classes have this method
        return partial(copy.deepcopy, obj)
    return getattr(obj, name)


def _lookup_of(local: Any, name: str | None) -> Callable[[], Any]:
    """Return what yields the object: without arguments, UNSET or RuntimeError where there is none."""
    if hasattr(type(local), "reader"):
        return local.reader(name)  # type: ignore[no-any-return]
    if isinstance(local, ContextVar):
        source = _get_or_unset(local)
    elif callable(local):
        source = local
    else:
        raise TypeError(
            f"a LocalProxy stands for a Local with a name, a LocalStack, a ContextVar or a callable,"
            f" not for a {type(local).__name__}"
        )
    return source if name is None else attribute_of(source, name)


def _get_or_unset(var: ContextVar[Any]) -> Callable[[], Any]:
    """Return the variable's get, made to answer UNSET instead of raising; a default of its own is kept."""
    try:
        Context().run(var.get)
    except LookupError:
        return partial(var.get, UNSET)
    return var.get


def attribute_of(source: Callable[[], Any], name: str) -> Callable[[], Any]:
    """Return a look-up of one attribute (dots go deeper) of what source yields."""
    attribute = attrgetter(name)

    def look_up() -> Any:
        obj = source()
        return UNSET if obj is UNSET else attribute(obj)

    return look_up
