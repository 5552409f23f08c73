"""LocalProxy: stands for what a Local, a LocalStack, a ContextVar or a callable yields at each use."""

import copy
import math
import operator
from collections.abc import Callable
from contextvars import Context, ContextVar
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, Protocol


class _Unset:
    """The type of UNSET, which raises at any touch: a proxy need not compare before each attribute read.

    It answers for its class alone, with that of an unbound proxy: whoever walks the heap asks everything for it.
    """

    __slots__ = ()

    def __getattribute__(self, name: str) -> Any:
        if name == "__class__":
            return LocalProxy
        raise RuntimeError

    def __repr__(self) -> str:
        return "<unset>"


UNSET: Final = _Unset()
"""What a reader returns for a name that has no value here; it never leaves this package."""


class Readable(Protocol):
    """What hands out readers: a Local or a LocalStack."""

    def reader(self, name: str | None, /) -> Callable[[], Any]:
        """Return a look-up without arguments that answers UNSET where there is no value."""


def _unary(operation: Callable[[Any], Any], unbound: Callable[[], Any] | None = None) -> Any:
    """Make a special method: the operation on the current object, or unbound() where there is none."""

    def method(self: "LocalProxy", /) -> Any:
        try:
            obj = _get_resolve(self)()
        except RuntimeError:
            if unbound is None:
                raise
            return unbound()
        return operation(obj)

    return method


def _binary(operation: Callable[[Any, Any], Any]) -> Any:
    """Make a special method with one argument."""
    return lambda self, other, /: operation(_get_resolve(self)(), other)


def _reflected(operation: Callable[[Any, Any], Any]) -> Any:
    """Make a reflected operator."""
    return lambda self, other, /: operation(other, _get_resolve(self)())


def _in_place(operation: Callable[[Any, Any], Any]) -> Any:
    """Make an in-place operator: it changes the current object and leaves the variable bound to the proxy."""

    def method(self: "LocalProxy", other: Any, /) -> "LocalProxy":
        operation(_get_resolve(self)(), other)
        return self

    return method


def _variadic(operation: Callable[..., Any]) -> Any:
    """Make a special method with any further arguments."""
    return lambda self, /, *args, **kwargs: operation(_get_resolve(self)(), *args, **kwargs)


def _by_name(name: str) -> Any:
    """Make a special method that calls the current object's method of that name."""
    return lambda self, /, *args: getattr(_get_resolve(self)(), name)(*args)


class LocalProxy:
    """A proxy to an object that is each unit's own.

    ``LocalProxy(local, name)`` stands for what a Local holds under ``name``; a LocalStack, a ContextVar or
    a callable needs no name, and with one the proxy stands for that attribute of what it yields. Every
    operation, attributes and special methods alike, is done on the object that is current at that moment,
    and ``isinstance(proxy, …)`` sees that object's class. Where there is none, operations raise
    RuntimeError with ``unbound_message``; only ``repr``, ``bool``, ``dir``, ``__class__``, ``__doc__`` and
    ``__wrapped__`` (which then is ``local``) answer for the proxy itself. A callable says that it has
    nothing by raising RuntimeError.
    """

    __slots__ = ("_lookup", "_resolve", "_wrapped")

    def __init__(
        self,
        local: Readable | ContextVar[Any] | Callable[[], Any],
        name: str | None = None,
        *,
        unbound_message: str | None = None,
    ) -> None:
        lookup = _lookup_of(local, name)
        _set_lookup(self, lookup)
        _set_resolve(
            self, _resolver(lookup, "object is not bound" if unbound_message is None else unbound_message)
        )
        _set_wrapped(self, local)

    def __getattribute__(self, name: str) -> Any:
        if name == "_get_current_object":
            return _get_resolve(self)
        try:
            return getattr(_get_lookup(self)(), name)
        except RuntimeError as error:
            return _unbound_attribute(self, name, error)
        except AttributeError:
            if name == "__deepcopy__":  # copy.deepcopy asks the instance, and few classes have this method
                return partial(copy.deepcopy, _get_resolve(self)())
            raise

    if TYPE_CHECKING:

        def _get_current_object(self) -> Any:
            """Return the object that the proxy stands for here; RuntimeError where there is none."""

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(_get_resolve(self)(), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(_get_resolve(self)(), name)

    __repr__ = _unary(repr, unbound=lambda: "<LocalProxy unbound>")
    __bool__ = _unary(bool, unbound=lambda: False)
    __dir__ = _unary(dir, unbound=list)
    __str__ = _unary(str)
    __bytes__ = _unary(bytes)
    __format__ = _variadic(format)
    __hash__ = _unary(hash)
    __lt__ = _binary(operator.lt)
    __le__ = _binary(operator.le)
    __eq__ = _binary(operator.eq)
    __ne__ = _binary(operator.ne)
    __gt__ = _binary(operator.gt)
    __ge__ = _binary(operator.ge)
    __instancecheck__ = _binary(lambda cls, instance: isinstance(instance, cls))
    __subclasscheck__ = _binary(lambda cls, subclass: issubclass(subclass, cls))
    __call__ = _variadic(lambda obj, *args, **kwargs: obj(*args, **kwargs))
    __len__ = _unary(len)
    __length_hint__ = _unary(operator.length_hint)
    __getitem__ = _binary(operator.getitem)
    __setitem__ = _variadic(operator.setitem)
    __delitem__ = _binary(operator.delitem)
    __iter__ = _unary(iter)
    __next__ = _unary(next)
    __reversed__ = _unary(reversed)
    __contains__ = _binary(operator.contains)
    __add__ = _binary(operator.add)
    __sub__ = _binary(operator.sub)
    __mul__ = _binary(operator.mul)
    __matmul__ = _binary(operator.matmul)
    __truediv__ = _binary(operator.truediv)
    __floordiv__ = _binary(operator.floordiv)
    __mod__ = _binary(operator.mod)
    __divmod__ = _binary(divmod)
    __pow__ = _variadic(pow)
    __lshift__ = _binary(operator.lshift)
    __rshift__ = _binary(operator.rshift)
    __and__ = _binary(operator.and_)
    __xor__ = _binary(operator.xor)
    __or__ = _binary(operator.or_)
    __radd__ = _reflected(operator.add)
    __rsub__ = _reflected(operator.sub)
    __rmul__ = _reflected(operator.mul)
    __rmatmul__ = _reflected(operator.matmul)
    __rtruediv__ = _reflected(operator.truediv)
    __rfloordiv__ = _reflected(operator.floordiv)
    __rmod__ = _reflected(operator.mod)
    __rdivmod__ = _reflected(divmod)
    __rpow__ = _variadic(lambda obj, base, *modulus: pow(base, obj, *modulus))
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
    __neg__ = _unary(operator.neg)
    __pos__ = _unary(operator.pos)
    __abs__ = _unary(abs)
    __invert__ = _unary(operator.invert)
    __complex__ = _unary(complex)
    __int__ = _unary(int)
    __float__ = _unary(float)
    __index__ = _unary(operator.index)
    __round__ = _variadic(round)
    __trunc__ = _unary(math.trunc)
    __floor__ = _unary(math.floor)
    __ceil__ = _unary(math.ceil)
    __copy__ = _unary(copy.copy)
    __deepcopy__ = _variadic(copy.deepcopy)
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
_get_resolve: Callable[[LocalProxy], Callable[[], Any]] = _slots["_resolve"].__get__
_get_wrapped: Callable[[LocalProxy], Any] = _slots["_wrapped"].__get__
_set_lookup: Callable[[LocalProxy, Callable[[], Any]], None] = _slots["_lookup"].__set__
_set_resolve: Callable[[LocalProxy, Callable[[], Any]], None] = _slots["_resolve"].__set__
_set_wrapped: Callable[[LocalProxy, Any], None] = _slots["_wrapped"].__set__


def _resolver(lookup: Callable[[], Any], unbound_message: str) -> Callable[[], Any]:
    def _get_current_object() -> Any:
        obj = lookup()
        if obj is UNSET:
            raise RuntimeError(unbound_message)
        return obj

    return _get_current_object


def _unbound_attribute(proxy: LocalProxy, name: str, error: RuntimeError) -> Any:
    """Answer for a proxy that stands for nothing; let an error of the object itself through."""
    try:
        _get_resolve(proxy)()
    except RuntimeError:
        match name:
            case "__class__":  # a callable has raised
                return LocalProxy
            case "__wrapped__":
                return _get_wrapped(proxy)
            case "__doc__" | "__repr__" | "__bool__" | "__dir__":
                return object.__getattribute__(proxy, name)
        raise
    raise error


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
