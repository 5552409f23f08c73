"""Which instructions of a code object are switch points, and whose switch: the global lock's, or free threading's.

Since 3.10 a GIL build hands on its lock where a function is entered, where a loop goes round, and after a function in C
has returned. So a call is a switch point by what it calls: Python code that is watched has one at its own entry, Python
code that is not watched is taken to switch at its entry and at its end, and code in C switches after it alone.
``isinstance``, ``len``, ``type`` and ``super`` are left out: specialised calls of them do not look at the lock.
"""

import builtins
import enum
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dis import Instruction
from functools import partial
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple

from harness.controlled._flow import BACKWARD, Flow
from harness.controlled._stored import NOTHING, Stored
from harness.core.execution import Point, Role
from harness.core.feasibility import Feasibility

CALLS = {"CALL", "CALL_KW", "CALL_FUNCTION_EX"}
MAKERS = {"__call__", "__init__", "__new__"}
"""What a call of a class or of an instance enters."""
ENTRIES = {"BEFORE_WITH", "BEFORE_ASYNC_WITH"}
HIDDEN_CALLS = ENTRIES | {"WITH_EXCEPT_START"}
CLOSED = {"isinstance", "len", "type", "super"}
COMPREHENSIONS = {"<listcomp>", "<setcomp>", "<dictcomp>"}
"""Functions of their own up to 3.11, part of what is around them from 3.12."""
RESUMED_BY_AWAIT = 2
"""The argument of RESUME from which on the lock is not looked at: `yield from` and `await`."""
SUSPENDABLE = 0x20 | 0x80 | 0x200
"""Flags of generators, coroutines and asynchronous generators: a call makes one and runs nothing of it."""
READERS = {"copy", "count", "get", "index", "items", "keys", "values"}
WRITERS = {
    "add", "append", "appendleft", "clear", "discard", "extend", "extendleft", "insert", "pop", "popitem", "popleft",
    "remove", "reverse", "rotate", "setdefault", "sort", "update",
}  # fmt: skip
"""Methods of the containers in C: one call reads or writes what is in them."""
NAMES = {"LOAD_GLOBAL", "LOAD_NAME", "STORE_GLOBAL", "STORE_NAME", "DELETE_GLOBAL", "DELETE_NAME"}
ATTRIBUTES = {"LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR", "STORE_ATTR", "DELETE_ATTR"}
ITEMS = {
    "BINARY_SUBSCR": 1, "BINARY_SLICE": 2, "STORE_SUBSCR": 1, "STORE_SLICE": 2, "DELETE_SUBSCR": 1, "CONTAINS_OP": 0,
}  # fmt: skip
"""How far below the top of the stack they find the container."""
CELLS = {"LOAD_DEREF", "STORE_DEREF", "DELETE_DEREF"}
SCALARS = (str, bytes, int, float, complex, type(None))
MISSING = object()


class Site:
    """A call whose switch points hang on what it calls."""

    __slots__ = ("blind", "end", "name", "offset", "point", "spread")

    def __init__(self, offset: int, end: int, point: Point, name: str, blind: bool, spread: bool) -> None:
        self.name = name
        """What the source calls it: of a function or a method; empty for what an expression brings."""
        self.offset = offset
        self.end = end
        """Where the next instruction begins."""
        self.point = point
        """Reached when the call enters Python code that is not watched."""
        self.blind = blind
        """It calls code in C; Python code that this may call in turn is not the callee."""
        self.spread = spread
        """Its arguments come from a tuple and a dict: `f(*args)`."""

    def calls(self, code: CodeType) -> bool:
        """Tell by names whether Python code that this call enters is the callee, or called in turn by one in C."""
        name = code.co_name
        if name == self.name:
            return True
        if name.startswith("__") and name.endswith("__"):
            return name in MAKERS
        return not code.co_flags & SUSPENDABLE and self.name not in READERS | WRITERS


class Stop:
    """What may be reached before one instruction, in this order."""

    __slots__ = ("arrivals", "jumps", "point", "returned", "returned_from", "site")

    def __init__(self) -> None:
        self.arrivals: list[tuple[Stop, Point]] = []
        """Loops that went round, if the instruction before was the jump at this stop; up to 3.11."""
        self.returned: Point | None = None
        """After a call, unless the call entered watched code: that has switch points of its own."""
        self.returned_from: Site | None = None
        self.point: Point | None = None
        self.site: Site | None = None
        self.jumps = False
        """It jumps backward if a condition holds, and only then the lock is looked at."""

    def points(self) -> Iterator[Point]:
        """Yield what may be reached here."""
        yield from (point for _, point in self.arrivals)
        yield from (each for each in (self.returned, self.point, self.site and self.site.point) if each)


class Access(NamedTuple):
    """A shared object that an instruction reads or writes."""

    object: str
    writes: bool


def entered(callable_: object) -> CodeType | None:
    """Return the Python code that a call of this runs first; None when it is code in C, or makes a generator."""
    if isinstance(callable_, partial):
        return entered(callable_.func)
    if isinstance(callable_, MethodType):
        callable_ = callable_.__func__
    if isinstance(callable_, FunctionType):
        code = callable_.__code__
        return None if code.co_flags & SUSPENDABLE else code
    if isinstance(callable_, BuiltinFunctionType):
        return None
    makers = [type(callable_).__call__] if callable(callable_) else []
    if isinstance(callable_, type):
        makers += [callable_.__new__, callable_.__init__]  # type: ignore[misc]
    return next((each.__code__ for each in makers if isinstance(each, FunctionType)), None)


def points_of(
    code: CodeType,
    level: Feasibility,
    namespace: Mapping[str, Any] | None = None,
    stored: Stored = NOTHING,
) -> dict[int, tuple[Point, ...]]:
    """Return the points before each instruction, by its offset, that a scheduler of this level may switch at."""
    return {offset: tuple(stop.points()) for offset, stop in stops_of(code, level, namespace, stored).items()}


def stops_of(
    code: CodeType, level: Feasibility, namespace: Mapping[str, Any] | None = None, stored: Stored = NOTHING
) -> dict[int, Stop]:
    """Return where a unit that runs this code may have to stop, by the offset of the instruction that comes next.

    ``namespace`` holds the globals of the code, ``stored`` what the code of its file stores.
    """
    if level.rank < Feasibility.GIL_SWITCH.rank:
        return {}
    return _Classifier(code, namespace or {}, stored).stops(free=level is Feasibility.FREE_THREADED)


class _Classifier:
    def __init__(self, code: CodeType, namespace: Mapping[str, Any], stored: Stored) -> None:
        self.code = code
        self.namespace = namespace
        self.stored = stored
        self.flow = Flow(code)
        self.instructions = self.flow.instructions
        self.callees = {
            number: self._callee(number)
            for number, each in enumerate(self.instructions)
            if each.opname in CALLS
        }
        """For each call, the instruction that brought what it calls."""
        self.loops = {
            number
            for number, each in enumerate(self.instructions)
            if BACKWARD in each.opname and "NO_INTERRUPT" not in each.opname and self.flow.loops(number)
        }
        self.open_calls = {number for number in self.callees if not self._closed(number)}
        self.barriers = self.open_calls | self.loops | self._named(HIDDEN_CALLS)
        called = set(self.callees.values())
        self.accesses = {
            number: access
            for number in range(len(self.instructions))
            if (access := self._access(number, number in called)) is not None
        }

    def stops(self, free: bool) -> dict[int, Stop]:
        stops: dict[int, Stop] = {}

        def stop(number: int) -> Stop:
            return stops.setdefault(self.flow.start[number], Stop())

        for number, each in enumerate(self.instructions):
            if each.opname == "RESUME" and self.code.co_name not in COMPREHENSIONS:
                if each.argval & 3 < RESUMED_BY_AWAIT:
                    stop(number).point = self._point(Role.ENTER, number, self._next_access(number + 1))
            elif number in self.loops:
                self._loop(number, stop)
            elif number in self.open_calls or each.opname in HIDDEN_CALLS:
                before, after = self._point(Role.CALL, number, None), stop(number + 1)
                after.returned = self._point(Role.RETURNED, number, self._next_access(number + 1))
                if each.opname in HIDDEN_CALLS:
                    stop(number).point = before
                else:
                    after.returned_from = stop(number).site = self._site(number, before)
            if free and number in self.accesses:
                access = self.accesses[number]
                role = Role.STORE if access.writes else Role.LOAD
                stop(number).point = self._point(role, number, access, Feasibility.FREE_THREADED)
        return stops

    def _site(self, number: int, before: Point) -> Site:
        callee = self.callees[number]
        name, blind = "", False
        if callee is not None:
            made_by = self.instructions[callee]
            if made_by.opname in NAMES | ATTRIBUTES:
                name = made_by.argval
            elif made_by.opname in ENTRIES:
                name = "__exit__"
            value = self._value(name) if made_by.opname in NAMES else MISSING
            blind = made_by.opname == "LOAD_BUILD_CLASS" or (value is not MISSING and entered(value) is None)
        each = self.instructions[number]
        end = self.flow.start[number + 1]
        return Site(each.offset, end, before, name, blind, spread=each.opname == "CALL_FUNCTION_EX")

    def _loop(self, number: int, stop: Callable[[int], Stop]) -> None:
        target = self.flow.target(number)
        assert target is not None
        point = self._point(Role.LOOP, number, self._next_access(target))
        if self.instructions[number].opname == "JUMP_BACKWARD":
            stop(number).point = point
        else:
            stop(number).jumps = True
            stop(target).arrivals.append((stop(number), point))

    def _point(
        self, role: Role, number: int, access: Access | None, needs: Feasibility = Feasibility.GIL_SWITCH
    ) -> Point:
        positions = self.instructions[number].positions
        column = (positions and positions.col_offset) or 0
        where = (self.code.co_filename, self._line_of(role, number), column)
        return Point(role, needs, *where, *(access or ("", False)))

    def _line_of(self, role: Role, number: int) -> int:
        """Return the line of a point, on every version the same one: where versions differ, of a place near by."""
        instruction = self.instructions[number]
        if role is Role.ENTER and not instruction.argval & 3:
            return self.code.co_firstlineno
        if role is Role.LOOP:
            target = self.flow.target(number)
            assert target is not None
            if self.instructions[target].opname == "FOR_ITER":
                return self._line(target + 1)  # where the loop's variable is
            return min(self._line(each) for each in range(target, number + 1))
        if role in {Role.CALL, Role.RETURNED}:
            entry = self._entry(number)
            if entry is not None:
                return self._line(entry - 1)  # where the context manager comes from
        return self._line(number)

    def _entry(self, number: int) -> int | None:
        """Return where the context manager is entered that an instruction enters or leaves."""
        name = self.instructions[number].opname
        if name == "WITH_EXCEPT_START":
            number = self.flow.protected(number - 1)
        elif name in CALLS:
            callee = self.callees[number]
            return callee if callee is not None and self.instructions[callee].opname in ENTRIES else None
        elif name not in ENTRIES:
            return None
        return next(each for each in range(number, -1, -1) if self.instructions[each].opname in ENTRIES)

    def _line(self, number: int) -> int:
        while number >= 0:
            positions = self.instructions[number].positions
            if positions is not None and positions.lineno:
                return positions.lineno
            number -= 1
        return self.code.co_firstlineno

    def _named(self, names: set[str]) -> set[int]:
        return {number for number, each in enumerate(self.instructions) if each.opname in names}

    def _next_access(self, number: int) -> Access | None:
        """Return the shared access that comes first from here, if no other point where the lock goes comes before."""
        seen = set()
        todo = deque([number])
        while todo:
            number = todo.popleft()
            if number in seen or number >= len(self.instructions):
                continue
            seen.add(number)
            if number in self.accesses:
                return self.accesses[number]
            if number not in self.barriers:
                todo.extend(self.flow.successors(number))
        return None

    # What a call calls

    def _callee(self, number: int) -> int | None:
        each = self.instructions[number]
        assert each.arg is not None
        arguments = {"CALL": each.arg, "CALL_KW": each.arg + 1, "CALL_FUNCTION_EX": 1 + (each.arg & 1)}[
            each.opname
        ]
        if number and self.instructions[number - 1].opname == "PRECALL":
            number -= 1  # which is said to take the arguments away
        producer = self.flow.producer(number, arguments + 1)
        if producer is not None:
            made_by = self.instructions[producer]
            if made_by.opname == "PUSH_NULL" or made_by.argrepr.startswith("NULL + "):
                return self.flow.producer(number, arguments)  # up to 3.12 the NULL lies below
        return producer

    def _closed(self, number: int) -> bool:
        """Tell whether a call never switches, or is none in the source: a comprehension up to 3.11."""
        callee = self.callees[number]
        if callee is None:
            return False
        made_by = self.instructions[callee]
        if made_by.opname == "MAKE_FUNCTION":
            code = self.instructions[callee - 1].argval
            return isinstance(code, CodeType) and code.co_name in COMPREHENSIONS
        return made_by.opname in NAMES and made_by.argval in CLOSED and made_by.argval not in self.namespace

    # What is shared

    def _access(self, number: int, called: bool) -> Access | None:
        each = self.instructions[number]
        name = each.opname
        writes = name.startswith(("STORE", "DELETE"))
        if name in NAMES:
            return Access(f"global:{each.argval}", writes) if self._shared_name(each, writes) else None
        if name in ATTRIBUTES:
            shared = writes or self._shared_attribute(number, called)
            return Access(f"attr:{each.argval}", writes) if shared else None
        if name in CELLS:
            # Only a `nonlocal` statement lets a function store a variable that is not its own.
            shared = each.argval in self.stored.cells or (writes and each.argval in self.code.co_freevars)
            return Access(f"cell:{each.argval}", writes) if shared else None
        if name in ITEMS:
            return None if self._constant(self.flow.producer(number, ITEMS[name])) else Access("item", writes)
        if name in CALLS:
            callee = self.callees[number]
            made_by = self.instructions[callee] if callee is not None else None
            if made_by and made_by.opname in ATTRIBUTES and made_by.argval in READERS | WRITERS:
                return Access("item", made_by.argval in WRITERS)
        return None

    def _shared_name(self, each: Instruction, writes: bool) -> bool:
        local = each.opname.endswith("_NAME")
        if local and self.code.co_name != "<module>":
            return False  # of the body of a class, which nobody else sees yet
        name = each.argval
        if writes:
            return not local or name in self.stored.names
        if name in self.stored.names:
            return True
        value = self._value(name)
        return value is MISSING or not (_fixed(value) or (isinstance(value, SCALARS) and name.isupper()))

    def _shared_attribute(self, number: int, called: bool) -> bool:
        name = self.instructions[number].argval
        if name.startswith("__") and name.endswith("__"):
            return False
        if called:
            return name in self.stored.attributes
        return not self._constant(number)

    def _constant(self, number: int | None) -> bool:
        """Tell whether an instruction brings what stays as it is: a module, a class, a function, or a part of these."""
        value = self._brought(number)
        return value is not MISSING and _fixed(value)

    def _brought(self, number: int | None) -> Any:
        if number is None:
            return MISSING
        each = self.instructions[number]
        if each.opname in {"LOAD_GLOBAL", "LOAD_NAME"}:
            return self._value(each.argval)
        if each.opname in {"LOAD_ATTR", "LOAD_METHOD"}:
            owner = self._brought(self.flow.producer(number, 0))
            if isinstance(owner, ModuleType):
                return vars(owner).get(each.argval, MISSING)
            if isinstance(owner, type):
                return next(
                    (vars(kind)[each.argval] for kind in owner.__mro__ if each.argval in vars(kind)), MISSING
                )
        return MISSING

    def _value(self, name: str) -> Any:
        if name in self.stored.names:
            return MISSING
        return self.namespace.get(name, vars(builtins).get(name, MISSING))


def _fixed(value: Any) -> bool:
    return isinstance(value, ModuleType | type | enum.Enum | classmethod | staticmethod) or callable(value)
