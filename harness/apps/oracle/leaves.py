"""Answers made of named values (JSON by its paths, headers and cookies by their names): what each value is alone."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from harness.apps.oracle.differences import Difference
from harness.apps.oracle.machine import named_so
from harness.apps.oracle.slots import Slot

Leaves = Mapping[str, frozenset[str]]

_STEP = re.compile(r'\.[^.\["]+|\["[^"]*"\]|\[\]|\.')
# So many keys that only some answers have make their object a mapping by data rather than by design.
_MANY_KEYS = 3


class Tree:
    """What was learnt of each path; list lengths may vary, and so may the keys of objects that are keyed by data.

    A value that does not fit may do so ``clean``.
    In a tree that is not ``closed``, as that of headers, a path that was never seen is no difference.
    """

    def __init__(self, samples: Sequence[Leaves], clean: Callable[[str], str], closed: bool = True) -> None:
        self._clean = clean
        self._closed = closed
        count = len(samples)
        gathered: dict[str, list[frozenset[str]]] = {}
        for sample in samples:
            for path, values in sample.items():
                gathered.setdefault(path, []).append(frozenset(map(clean, values)))
        self.slots = {path: Slot(sets, named_so(path)) for path, sets in gathered.items()}
        everywhere = {path for path, sets in gathered.items() if len(sets) == count}
        self._open = _keyed_by_data(samples) if len(everywhere) < len(gathered) else frozenset()
        self._required = {
            path
            for path in everywhere
            if "[]" not in path or self.slots[path].constant or self.slots[path].own
        }
        self._owning = [(path, self.slots[path].own) for path in everywhere if self.slots[path].own]

    def differences(self, sample: Leaves) -> Iterator[Difference]:
        """Yield where a sample is not like those learnt, lost tokens first."""
        for path, own in self._owning:
            values = sample.get(path, frozenset())
            if lost := frozenset(name for name in own if not any(name in value for value in values)):
                yield Difference(path, _join(values), self.slots[path].masked(), lost)
        for path, values in sample.items():
            slot = self.slots.get(path)
            if slot is None:
                if self._closed and not self._is_open(path):
                    yield Difference(path, _join(values), "")
            elif values != slot.values:
                for value in values:
                    if not slot.fits(value) and not slot.fits(value := self._clean(value)):
                        yield Difference(path, value, slot.masked())
                        break
        if not self._required <= sample.keys():
            for path in sorted(self._required - sample.keys()):
                yield Difference(path, "", self.slots[path].masked())

    def holds(self, path: str, value: str) -> bool:
        """Tell whether what stands at a path alone is this value, but for volatile words."""
        slot = self.slots.get(path)
        return slot is not None and slot.tells(value)

    def takes(self, path: str, value: str) -> bool:
        """Tell whether a value at a path would be no difference."""
        slot = self.slots.get(path)
        return slot is not None and slot.fits(value)

    def showed(self, path: str, value: str) -> bool:
        """Tell whether a value stood at a path, as one of several."""
        slot = self.slots.get(path)
        return slot is not None and not slot.constant and value in slot.values

    def masked(self, prefix: str = "") -> Iterator[str]:
        """Yield what was not compared, with this before each path."""
        for path, slot in self.slots.items():
            if not slot.constant:
                words = [f"word {n + 1} of {prefix}{path}" for n in slot.volatile]
                yield from words if words and "[]" not in path and slot.masked() != "…" else [prefix + path]
        yield from (f"the keys of {prefix}{parent or '.'}" for parent in sorted(self._open))

    def carries(self) -> Iterator[str]:
        """Yield where the request's own tokens always stand."""
        for path, own in self._owning:
            yield f"{path}: {' '.join(sorted(own))}"

    def text(self) -> Iterator[str]:
        """Yield each path with what stands there alone, volatile parts masked."""
        for path, slot in self.slots.items():
            yield f"{path}: {slot.masked()}"

    def _is_open(self, path: str) -> bool:
        return any(parent in self._open for parent, _ in _steps(path))


def _join(values: frozenset[str]) -> str:
    return " | ".join(sorted(values)[:4])


def _steps(path: str) -> Iterator[tuple[str, str]]:
    """Yield each step of a path with the path before it."""
    for step in _STEP.finditer(path):
        yield path[: step.start()], path[: step.end()]


def _keyed_by_data(samples: Sequence[Leaves]) -> frozenset[str]:
    having: dict[tuple[str, str], int] = {}
    for sample in samples:
        for step in {step for path in sample for step in _steps(path)}:
            having[step] = having.get(step, 0) + 1
    keys: dict[str, int] = {}
    for (parent, child), count in having.items():
        if count < len(samples) and not child.endswith("[]"):
            keys[parent] = keys.get(parent, 0) + 1
    return frozenset(parent for parent, count in keys.items() if count >= _MANY_KEYS)
