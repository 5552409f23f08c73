"""Answers made of lines (HTML by its tags and the texts between, other text by its lines): what each line is alone.

A line that every answer has is fixed. What stands between two fixed lines is a gap: with always as many lines, each
is a slot whose words may vary; else, as in a list of any length, the gap is one slot for all its lines. The order of
fixed lines is not looked at.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from harness.apps.oracle.differences import Difference
from harness.apps.oracle.slots import NOT_OWN, OWN, Slot, own_names

_Gap = tuple[str, str]
_Run = list[str]


class Page:
    """What was learnt of the lines of an answer, each of which may also be as it is ``clean``."""

    def __init__(self, samples: Sequence[list[str]], clean: Callable[[str], str]) -> None:
        self._clean = clean
        samples = [list(map(clean, sample)) for sample in samples]
        self._first = samples[0]
        self._fixed = frozenset.intersection(*(frozenset(sample) for sample in samples))
        self._known = frozenset(line for sample in samples for line in sample)
        self._by_others = {NOT_OWN.sub("", line): line for line in self._known if NOT_OWN.search(line)}
        walked = [dict(self._walk(sample)) for sample in samples]
        self._slots = {
            gap: self._learn([runs[gap] for runs in walked if gap in runs]) for gap in _keys(walked)
        }
        self._always = [gap for gap in self._slots if all(gap in runs for runs in walked)]
        self._owning = [
            (gap, own)
            for gap in self._always
            if (own := frozenset.intersection(*(_own(runs[gap]) for runs in walked)))
        ]

    def _walk(self, lines: Iterable[str]) -> Iterator[tuple[_Gap, list[_Run]]]:
        """Yield the runs of lines that are not fixed, by the fixed lines around them."""
        runs: dict[_Gap, list[_Run]] = {}
        before, run = "", list[str]()
        for line in [*lines, ""]:
            if line and line not in self._fixed:
                run.append(line)
                continue
            if run:
                runs.setdefault((before, line), []).append(run)
                run = []
            before = line
        yield from runs.items()

    def _learn(self, samples: list[list[_Run]]) -> list[Slot]:
        lengths = {len(run) for runs in samples for run in runs}
        if len(lengths) > 1:
            return [Slot([frozenset(line for run in runs for line in run) for runs in samples])]
        return [Slot([frozenset(run[n] for run in runs) for runs in samples]) for n in range(lengths.pop())]

    def differences(self, lines: list[str]) -> Iterator[Difference]:
        """Yield where lines are not like those learnt, lost tokens first."""
        known = self._known
        lines = [line if line in known else self._known_as(line) for line in lines]
        present = frozenset(lines)
        gone = [line for line in self._first if line not in present and line in self._fixed]
        if not gone and not self._always and present <= self._known:
            return
        runs = dict(self._walk(lines))
        new = [line for line in lines if line not in self._known]
        differs = False
        for each in self._compare(runs, new, gone):
            differs = True
            yield each
        if gone and not differs:
            yield Difference("body", "", gone[0])
        if not gone and not differs:
            yield from (Difference("body", "", self._masked(gap)) for gap in self._always if gap not in runs)

    def _known_as(self, line: str) -> str:
        """Return the known line that a line stands for: clean, or with what alone was a token of another."""
        clean = self._clean(line)
        return clean if clean in self._known else self._by_others.get(NOT_OWN.sub("", line), line)

    def _compare(self, runs: dict[_Gap, list[_Run]], new: list[str], gone: list[str]) -> Iterator[Difference]:
        if lost := own_names(gone) - own_names(new):
            missed = next(line for line in gone if lost & own_names([line]))
            yield Difference("body", new[0] if new else "", missed, lost)
        for gap, own in self._owning:
            if lost := own - _own(runs.get(gap, [])) - own_names(new):
                yield Difference("body", _text(runs.get(gap, [])), self._masked(gap), lost)
        for gap, found in runs.items():
            slots = self._slots.get(gap)
            for run in found:
                unfit = (
                    self._unfit(slots, run) if slots else next((line for line in run if line in new), None)
                )
                if unfit is not None:
                    yield Difference("body", unfit, self._masked(gap) if slots else " ".join(gone[:1]))
                    break

    def _unfit(self, slots: list[Slot], run: _Run) -> str | None:
        """Return the first line of a run that does not fit the slots of its gap; all must fit the one of a list."""
        if len(slots) == 1:
            slots = slots * len(run)
        if len(slots) != len(run):
            return run[0]
        for slot, line in zip(slots, run, strict=True):
            if not slot.fits(line) and not slot.fits(self._clean(line)):
                return line
        return None

    def holds(self, line: str) -> bool:
        """Tell whether each answer alone has this line, but for volatile words."""
        return line in self._fixed or any(
            slot.tells(line) for gap in self._always for slot in self._slots[gap]
        )

    def takes(self, line: str) -> bool:
        """Tell whether a line would be no difference somewhere."""
        return line in self._known or any(slot.fits(line) for slots in self._slots.values() for slot in slots)

    def showed(self, line: str) -> bool:
        """Tell whether a line stood in some answers, and in others not."""
        return line in self._known and line not in self._fixed

    def masked(self) -> Iterator[str]:
        """Yield what was not compared."""
        number = {line: n for n, line in enumerate(self._first, 1)}
        for (before, _), slots in self._slots.items():
            at = number.get(before, 0) + 1
            for n, slot in enumerate(slots):
                if slot.volatile:
                    yield from (f"word {word + 1} of line {at + n}" for word in slot.volatile)
                elif not slot.constant:
                    yield f"line {at + n}" if len(slots) > 1 else f"what stands from line {at} on"

    def carries(self) -> Iterator[str]:
        """Yield where the request's own tokens always stand."""
        for line in dict.fromkeys(self._first):
            if line in self._fixed and OWN.search(line):
                yield f"body: {line}"
        for gap, _ in self._owning:
            yield f"body: {self._masked(gap)}"

    def text(self) -> Iterator[str]:
        """Yield the lines that stand there alone, volatile parts masked."""
        before, skipped = "", False
        for n, line in enumerate(self._first):
            if line in self._fixed:
                yield line
                before, skipped = line, False
            elif not skipped:
                rest = (each for each in self._first[n:] if each in self._fixed)
                gap = (before, next(rest, ""))
                yield from (slot.masked() for slot in self._slots[gap])
                skipped = True

    def _masked(self, gap: _Gap) -> str:
        return " ".join(slot.masked() for slot in self._slots.get(gap, []))


def _keys(walked: Iterable[dict[_Gap, list[_Run]]]) -> list[_Gap]:
    return list(dict.fromkeys(gap for runs in walked for gap in runs))


def _own(runs: Iterable[_Run]) -> frozenset[str]:
    return own_names(line for run in runs for line in run)


def _text(runs: Iterable[_Run]) -> str:
    return " ".join(line for run in runs for line in run)
