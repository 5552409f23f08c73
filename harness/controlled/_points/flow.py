"""How control flows through the instructions of a code object, and who made what they find on the stack."""

import dis
from collections.abc import Container, Iterator
from types import CodeType

from harness.controlled._points.callees import CALLS

PUSHES_NOTHING = ("STORE_", "DELETE_", "POP_", "JUMP_", "LIST_", "SET_", "DICT_", "MAP_", "RERAISE", "RAISE_")
"""Instructions that begin so leave no value of their own on the stack."""
PUSHES_NOTHING_TOO = {
    "NOP",
    "RESUME",
    "PRECALL",
    "KW_NAMES",
    "SWAP",
    "END_FOR",
    "CHECK_EXC_MATCH",
    "EXTENDED_ARG",
    "NOT_TAKEN",
}
LEAVES = {"RETURN_VALUE", "RETURN_CONST", "RAISE_VARARGS", "RERAISE"}
JUMPS_ALWAYS = {"JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT"}
BACKWARD = "BACKWARD"


class Flow:
    """The instructions of a code object, by their index; caches and prefixes of arguments are not among them.

    What 3.14 and later have new names for is called as it was before.
    """

    def __init__(self, code: CodeType) -> None:
        bytecode = dis.Bytecode(code)
        everything = list(bytecode)
        self.instructions = [_as_before(each) for each in everything if each.opname != "EXTENDED_ARG"]
        self.start: list[int] = list(_starts(everything))
        """Where each instruction begins, with the prefixes of its argument: what the interpreter tells of it."""
        self.jumps = set(dis.hasjrel) | set(dis.hasjabs)
        index = {each.offset: number for number, each in enumerate(self.instructions)}
        # A jump may go to the prefix of an instruction as well.
        index |= {start: number for number, start in enumerate(self.start)}
        self._index = index
        self.entries: list[tuple[int, int]] = []
        """Where the flow can come in: (index, depth of the stack): at the top, and at the handlers of exceptions."""
        self._handlers: list[tuple[int, int, int]] = []
        for entry in vars(bytecode)["exception_entries"]:
            handler = index[entry.target]
            self._handlers.append((entry.start, entry.end, handler))
            self.entries.append((handler, entry.depth + entry.lasti + 1))
        self.entries.insert(0, (0, 0))
        self.targets = {
            target for each in range(len(self.instructions)) if (target := self.target(each)) is not None
        }
        self.depth = self._depths()
        self._before: dict[int, list[int]] = {}
        for number, depth in enumerate(self.depth):
            if depth is not None:
                for successor in self.successors(number):
                    self._before.setdefault(successor, []).append(number)
        self.callees = {number: self._callee(number) for number in self.named(CALLS)}
        """For each call, the instruction that brought what it calls."""

    def named(self, names: Container[str]) -> set[int]:
        """Return the instructions of these names."""
        return {number for number, each in enumerate(self.instructions) if each.opname in names}

    def target(self, number: int) -> int | None:
        """Return where an instruction may jump to."""
        instruction = self.instructions[number]
        return self._index[instruction.argval] if instruction.opcode in self.jumps else None

    def successors(self, number: int) -> Iterator[int]:
        """Yield what can come next unless an exception is raised; the next in line first."""
        name = self.instructions[number].opname
        if name not in LEAVES and name not in JUMPS_ALWAYS and number + 1 < len(self.instructions):
            yield number + 1
        target = self.target(number)
        if target is not None:
            yield target

    def loops(self, number: int) -> bool:
        """Tell whether a jump backward closes a loop: every way to it leads through its target.

        The interpreter also jumps backward from a handler of exceptions to what comes after it, on some versions only.
        """
        target = self.target(number)
        assert target is not None
        return number not in self._reached(without=target)

    def protected(self, handler: int) -> int:
        """Return the first instruction that a handler of exceptions stands for."""
        return min(self._index[start] for start, _, each in self._handlers if each == handler)

    def producer(self, number: int, below: int) -> int | None:
        """Return the instruction that brought the value so far below the top of the stack, the top being 0."""
        depth = self.depth[number]
        if depth is None:
            return None
        todo = [(number, depth - 1 - below)]
        seen = set()
        while todo:
            number, slot = todo.pop()
            # The way straight on is tried first, and others where it begins at a handler of exceptions.
            for candidate in sorted(self._before.get(number, ()), key=lambda each: each == number - 1):
                if candidate in seen:
                    continue
                seen.add(candidate)
                brought = self._moved(candidate, slot)
                if brought is None:
                    return candidate
                todo.append((candidate, brought))
        return None

    def _moved(self, number: int, slot: int) -> int | None:
        """Return where a value lay before an instruction that lies in a slot after it; None if that brought it."""
        before = self.depth[number]
        assert before is not None
        instruction = self.instructions[number]
        after = before + _effect(instruction, jump=False)
        if instruction.opname == "SWAP":
            pair = (after - 1, after - (instruction.arg or 1))
            return pair[1 - pair.index(slot)] if slot in pair else slot
        if instruction.opname == "COPY" and slot == after - 1:
            return before - (instruction.arg or 1)
        return None if after > slot >= after - _pushes(instruction) else slot

    def _callee(self, number: int) -> int | None:
        each = self.instructions[number]
        if each.opname == "CALL_FUNCTION_EX":  # from 3.14 on there always is a place for keywords
            arguments = 2 if each.arg is None else 1 + (each.arg & 1)
        else:
            arguments = (each.arg or 0) + (each.opname == "CALL_KW")
        if number and self.instructions[number - 1].opname == "PRECALL":
            number -= 1  # which is said to take the arguments away
        producer = self.producer(number, arguments + 1)
        if producer is not None:
            made_by = self.instructions[producer]
            if made_by.opname == "PUSH_NULL" or made_by.argrepr.startswith("NULL + "):
                return self.producer(number, arguments)  # up to 3.12 the NULL lies below
        return producer

    def _reached(self, without: int) -> set[int]:
        seen = {without}
        todo = [0]
        while todo:
            number = todo.pop()
            if number in seen:
                continue
            seen.add(number)
            todo.extend(self.successors(number))
            offset = self.instructions[number].offset
            todo.extend(handler for start, end, handler in self._handlers if start <= offset < end)
        return seen - {without}

    def _depths(self) -> list[int | None]:
        depths: list[int | None] = [None] * len(self.instructions)
        todo = list(self.entries)
        while todo:
            number, depth = todo.pop()
            if depths[number] is not None:
                continue
            depths[number] = depth
            instruction = self.instructions[number]
            target = self.target(number)
            todo.extend(
                (successor, depth + _effect(instruction, jump=successor == target))
                for successor in self.successors(number)
            )
        return depths


def _as_before(instruction: dis.Instruction) -> dis.Instruction:
    name = instruction.opname.replace("_BORROW", "")
    if name == "BINARY_OP" and instruction.argrepr == "[]":
        name = "BINARY_SUBSCR"
    return instruction if name == instruction.opname else instruction._replace(opname=name)


def _starts(everything: list[dis.Instruction]) -> Iterator[int]:
    start = None
    for each in everything:
        start = each.offset if start is None else start
        if each.opname != "EXTENDED_ARG":
            yield start
            start = None


def _effect(instruction: dis.Instruction, *, jump: bool) -> int:
    if instruction.opname == "RETURN_GENERATOR":
        return 1  # what comes in at the first `next`; 3.11 does not say so
    return dis.stack_effect(instruction.opcode, instruction.arg, jump=jump)


def _pushes(instruction: dis.Instruction) -> int:
    name = instruction.opname
    if name in PUSHES_NOTHING_TOO or name.startswith(PUSHES_NOTHING):
        return 0
    if name in {"LOAD_METHOD", "LOAD_SPECIAL", "BEFORE_WITH", "BEFORE_ASYNC_WITH"} or (
        name in {"LOAD_GLOBAL", "LOAD_ATTR", "LOAD_SUPER_ATTR"} and "NULL" in instruction.argrepr
    ):
        return 2
    return 2 if name.startswith("LOAD_FAST_LOAD_FAST") else 1
