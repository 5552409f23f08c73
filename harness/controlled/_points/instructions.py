"""Which instructions of a code object are switch points, and whose switch: the global lock's, or free threading's.

Since 3.10 a GIL build hands on its lock where a function is entered, where a loop goes round, and after a function in C
has returned. So a call is a switch point by what it calls: Python code that is watched has one at its own entry, Python
code that is not watched is taken to switch at its entry and at its end, and code in C switches after it alone.
``isinstance``, ``len``, ``type`` and ``super`` are left out: specialised calls of them do not look at the lock.
"""

import sys
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from types import CodeType, FunctionType
from typing import Any, NamedTuple

from harness.controlled._points.accesses import ATTRIBUTES, NAMES, Access, Accesses
from harness.controlled._points.callees import MISSING, SUSPENDABLE, Named, Site, entered
from harness.controlled._points.flow import BACKWARD, Flow
from harness.controlled._points.stored import Stored
from harness.core.feasibility import Feasibility
from harness.core.points import Point, Role

ENTRY = "BEFORE_WITH"
ENTRIES = {ENTRY, "BEFORE_ASYNC_WITH"}
"""What enters the context manager of a `with` statement, up to 3.13."""
BEHIND_MANAGER = {"__enter__": 4, "__exit__": 1, "__aenter__": 4, "__aexit__": 1}
"""From 3.14 on it is called: so many instructions behind what brings the manager its methods are looked up."""
SPECIAL = "LOAD_SPECIAL"
CALLS_MANAGERS = sys.version_info[:2] == (3, 14)
"""Whether the lock may go after a context manager in C has been entered, as after any call: on 3.14 alone."""
UNASKED = ("BEFORE_", "IMPORT_", "LOAD_SPECIAL", "RESUME", "SEND", "WITH_EXCEPT_START")
"""So begin instructions that run Python code which is not asked about."""
HIDDEN_CALLS = {ENTRY, "WITH_EXCEPT_START"}
CLOSED = {"isinstance", "len", "type", "super"}
COMPREHENSIONS = {"<listcomp>", "<setcomp>", "<dictcomp>"}
"""Functions of their own up to 3.11, part of what is around them from 3.12."""
RESUMED_BY_AWAIT = 2
"""The argument of RESUME from which on the lock is not looked at: `yield from` and `await`."""
BINDS = ("STORE_", "UNPACK_")
"""So begins what comes after `for` in a generator expression."""
PURE = (
    "LOAD_", "STORE_FAST", "POP_TOP", "NOP", "COPY", "SWAP", "PUSH_NULL", "PRECALL", "KW_NAMES", "MAKE_", "BUILD_",
    "LIST_APPEND", "JUMP_FORWARD", "NOT_TAKEN", "SET_FUNCTION_ATTRIBUTE",
)  # fmt: skip
"""So begin instructions that, unless they are accesses, do nothing that another unit could see or change."""


class Stop:
    """What may be reached before one instruction, in this order."""

    __slots__ = ("arrivals", "jumps", "point", "returned", "site")

    def __init__(self) -> None:
        self.arrivals: list[tuple[Stop, Point]] = []
        """Loops that went round, if the instruction before was the jump at this stop; up to 3.11."""
        self.returned: tuple[Site, Point] | None = None
        """After a call, unless the call entered watched code: that has switch points of its own."""
        self.point: Point | None = None
        self.site: Site | None = None
        self.jumps = False
        """It jumps backward if a condition holds, and only then the lock is looked at."""

    def before_call_alone(self) -> bool:
        """Tell whether all that happens here hangs on what is called, and one is told of that by the call itself."""
        site = self.site
        return site is not None and not (
            self.returned or self.point or site.joins or site.hidden or site.spread
        )

    def points(self) -> Iterator[Point]:
        """Yield what may be reached here."""
        yield from (point for _, point in self.arrivals)
        if self.returned:
            yield self.returned[1]
        if self.point:
            yield self.point
        if self.site and not self.site.blind:
            yield self.site.point


Plan = dict[int, Stop]
"""What may be reached, by the offset of the instruction that comes next."""


class Planned(NamedTuple):
    """A plan, and how one is told of its stops who is told of instructions and of calls."""

    plan: Plan
    instructions: Plan
    """Without the calls that one is told of otherwise."""
    sites: dict[int, Site]
    """The calls by their offsets, those in `with` statements left out."""


class Study:
    """Where a unit that runs some code may have to stop."""

    def __init__(self, code: CodeType, namespace: Mapping[str, Any], stored: Stored) -> None:
        self.code = code
        self.namespace = namespace
        self.stored = stored
        self.flow = Flow(code)
        self.instructions = self.flow.instructions
        self.accesses = Accesses(code, self.flow, namespace, stored)
        self.loops = {
            number
            for number, each in enumerate(self.instructions)
            if BACKWARD in each.opname
            and "NO_INTERRUPT" not in each.opname
            and self.flow.loops(number)
            and not self._is_inlined(number)
        }
        enters = {number for number, each in self.flow.callees.items() if self._special(each) == "__enter__"}
        self.hidden = {
            number
            for number in self.flow.named(HIDDEN_CALLS) | (set() if CALLS_MANAGERS else enters)
            if (entry := self._entry(number)) is not None and not self._awaits(entry)
        }
        self.calls = self.hidden | {number for number in self.flow.callees if not self._closed(number)}
        self.barriers = self.calls | self.loops
        self._around: dict[int, tuple[Point, Point]] = {}
        self._planned: dict[tuple[Feasibility, bool], Planned] = {}
        self._blind: list[tuple[object, bool]] = []
        """Of what calls call by name, whether it is code in C."""

    def holds(self) -> bool:
        """Tell whether all globals, and what they lead to, still are what was gone by."""
        return self.accesses.hold() and all((entered(value) is None) == blind for value, blind in self._blind)

    def planned(self, level: Feasibility, *, every: bool) -> Planned:
        """Return the stops at this level, the same ones each time."""
        planned = self._planned.get((level, every))
        if planned is None:
            plan = self.stops(level, every=every)
            sites = (stop.site for stop in plan.values())
            planned = self._planned[level, every] = Planned(
                plan,
                {offset: stop for offset, stop in plan.items() if not stop.before_call_alone()},
                {site.offset: site for site in sites if site and not site.hidden},
            )
        return planned

    def around(self, offset: int) -> tuple[Point, Point] | None:
        """Return the points before and after Python code that an instruction runs although its source calls nothing.

        An attribute, an item or a comparison may do that; whether it does shows when it runs.
        """
        number = bisect_right(self.flow.start, offset) - 1
        if number in self.calls or self.instructions[number].opname.startswith(UNASKED):
            return None
        if number not in self._around:
            before = self._point(Role.CALL, number, self.accesses.all.get(number))
            self._around[number] = before, self._point(Role.RETURNED, number, self._next_access(number + 1))
        return self._around[number]

    def stops(self, level: Feasibility, *, every: bool = False) -> Plan:
        """Return what may be reached at this level, by the offset of the instruction that comes next.

        Of two points with nothing between them one is enough to switch at; ``every`` asks for both.
        """
        stops: Plan = {}
        if level.rank < Feasibility.GIL_SWITCH.rank:
            return stops

        def stop(number: int) -> Stop:
            return stops.setdefault(self.flow.start[number], Stop())

        doubled = None
        for number, each in enumerate(self.instructions):
            if each.opname == "RESUME" and self.code.co_name not in COMPREHENSIONS:
                if each.argval & 3 < RESUMED_BY_AWAIT:
                    stop(number).point = self._point(Role.ENTER, number, self._next_access(number + 1))
                    if each.argval == 0:
                        doubled = self._only_ahead(number + 1)
            elif number in self.loops:
                self._loop(number, stop)
            elif number in self.calls:
                site = self._site(number)
                site.joins = number + 1 in self.flow.targets
                if site.joins or not site.blind:
                    stop(number).site = site
                ahead = self._ahead(number + 1)
                if ahead not in self.loops or self.instructions[ahead].opname != "JUMP_BACKWARD":
                    point = self._point(Role.RETURNED, number, self._next_access(number + 1))
                    stop(number + 1).returned = site, point
        if level is Feasibility.FREE_THREADED:
            for number, access in self.accesses.all.items():
                if every or number != doubled:
                    role = Role.STORE if access.writes else Role.LOAD
                    stop(number).point = self._point(role, number, access, Feasibility.FREE_THREADED)
        return stops

    def _site(self, number: int) -> Site:
        each = self.instructions[number]
        site = Site(self._point(Role.CALL, number, None), each.offset, self.flow.start[number + 1])
        site.spread = each.opname == "CALL_FUNCTION_EX"
        entry = self._entry(number)
        if number in self.hidden:
            assert entry is not None
            site.hidden = True
            site.callee = self._named(self.flow.producer(entry, 0))
        elif entry is not None:
            callee = self.flow.callees[number]
            site.name = self._special(callee) or "__exit__"
        else:
            callee = self.flow.callees[number]
            site.callee = self._named(callee)
            made_by = self.instructions[callee] if callee is not None else None
            if made_by and made_by.opname in NAMES | ATTRIBUTES:
                site.name = made_by.argval
            value = self.accesses.value(made_by.argval) if made_by and made_by.opname in NAMES else MISSING
            built = made_by is not None and made_by.opname == "LOAD_BUILD_CLASS"
            site.blind = built
            if value is not MISSING and not built:
                site.blind = entered(value) is None
                self._blind.append((value, site.blind))
        return site

    def _named(self, number: int | None) -> Named | None:
        names: list[str] = []
        while number is not None:
            each = self.instructions[number]
            if each.opname in {"LOAD_ATTR", "LOAD_METHOD"}:
                names.append(each.argval)
                number = self.flow.producer(number, 0)
            elif each.opname in {"LOAD_GLOBAL", "LOAD_FAST", "LOAD_DEREF"}:
                return Named((each.argval, *reversed(names)), local=each.opname != "LOAD_GLOBAL")
            else:
                break
        return None

    def _loop(self, number: int, stop: Callable[[int], Stop]) -> None:
        target = self.flow.target(number)
        assert target is not None
        point = self._point(Role.LOOP, number, self._next_access(target))
        if self.instructions[number].opname == "JUMP_BACKWARD":
            stop(number).point = point
        else:
            stop(number).jumps = True
            stop(target).arrivals.append((stop(number), point))

    def _closed(self, number: int) -> bool:
        """Tell whether a call never switches, or is none in the source: a comprehension up to 3.11."""
        callee = self.flow.callees[number]
        if callee is None:
            return False
        made_by = self.instructions[callee]
        if self._special(callee) == "__aenter__":
            return True
        if made_by.opname == "MAKE_FUNCTION":
            code = self.instructions[callee - 1].argval
            return isinstance(code, CodeType) and code.co_name in COMPREHENSIONS
        if made_by.opname not in NAMES:
            return False
        value = self.accesses.value(made_by.argval)
        makes_generator = type(value) is FunctionType and bool(value.__code__.co_flags & SUSPENDABLE)
        return makes_generator or (made_by.argval in CLOSED and made_by.argval not in self.namespace)

    def _next_access(self, number: int) -> Access | None:
        """Return the shared access that comes first from here, if no other point where the lock goes comes before."""
        seen = set()
        todo = deque([number])
        while todo:
            number = todo.popleft()
            if number in seen or number >= len(self.instructions):
                continue
            seen.add(number)
            if number in self.accesses.all:
                return self.accesses.all[number]
            if number not in self.barriers:
                todo.extend(self.flow.successors(number))
        return None

    def _ahead(self, number: int) -> int:
        """Return the first instruction from here, straight on, that another unit could see or change.

        A switch before that is a switch here: of two points with nothing between them, one is enough.
        """
        while number not in self.accesses.all and (
            self.instructions[number].opname.startswith(PURE) or self._calls_super(number)
        ):
            target = self.flow.target(number)
            number = number + 1 if target is None else target
        return number

    def _calls_super(self, number: int) -> bool:
        """Tell whether this is a call `super()`, which is none from 3.12 on."""
        callee = self.flow.callees.get(number)
        return callee is not None and number not in self.calls and self.instructions[callee].argval == "super"

    def _only_ahead(self, number: int) -> int | None:
        """Return the same, unless one can come there by another way as well."""
        ahead = self._ahead(number)
        return ahead if self.flow.targets.isdisjoint(range(number, ahead + 1)) else None

    # Where a point is, on every version the same; where versions differ, it is a place near by.

    def _point(
        self, role: Role, number: int, access: Access | None, needs: Feasibility = Feasibility.GIL_SWITCH
    ) -> Point:
        positions = self.instructions[number].positions
        column = (positions and positions.col_offset) or 0
        where = (self.code.co_filename, self._line_of(role, number), column)
        return Point(role, needs, *where, *(access or ("", False)))

    def _line_of(self, role: Role, number: int) -> int:
        instruction = self.instructions[number]
        if role is Role.ENTER and self.code.co_name == "<genexpr>":
            return next(
                self._line(each)
                for each, other in enumerate(self.instructions)
                if other.opname.startswith(BINDS)
            )
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

    def _is_inlined(self, loop: int) -> bool:
        """Tell whether a loop is none in the source: from 3.14 on `all`, `any` and `tuple` go through a generator
        expression without a call. The generator has a switch point where it goes on."""
        target = self.flow.target(loop)
        assert target is not None
        before = target - 1
        if self.instructions[before].opname == "PUSH_NULL":  # on 3.15
            before -= 1
        return (self.instructions[before].opname, self.instructions[target].opname) == ("CALL", "FOR_ITER")

    def _special(self, number: int | None) -> str:
        """Return which method of a context manager an instruction looks up; up to 3.13 none does that alone."""
        each = None if number is None else self.instructions[number]
        return each.argrepr if each is not None and each.opname == SPECIAL else ""

    def _entry(self, number: int) -> int | None:
        """Return where the context manager is there that an instruction enters or leaves: behind what brings it."""
        if self.instructions[number].opname == "WITH_EXCEPT_START":
            first = self.flow.protected(number - 1)
            return next(entry for each in range(first, -1, -1) if (entry := self._behind(each)) is not None)
        callee = self.flow.callees.get(number, number)
        return None if callee is None else self._behind(callee)

    def _behind(self, number: int) -> int | None:
        if special := self._special(number):
            return number - BEHIND_MANAGER[special]
        return number if self.instructions[number].opname in ENTRIES else None

    def _awaits(self, entry: int) -> bool:
        """Tell whether a context manager is one of `async with`."""
        if self.instructions[entry].opname in ENTRIES:
            return self.instructions[entry].opname != ENTRY
        return self._special(entry + 1) == "__aexit__"

    def _line(self, number: int) -> int:
        while number >= 0:
            positions = self.instructions[number].positions
            if positions is not None and positions.lineno:
                return positions.lineno
            number -= 1
        return self.code.co_firstlineno
