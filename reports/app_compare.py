"""Says what changed between two runs against an app: causes that are new or gone, and what each run tells."""

from dataclasses import dataclass

from harness.core.app_record import AppRun
from harness.core.errors import UserError
from harness.core.record import Run
from harness.core.verdict import SEVERITY, Outcome
from reports.app_causes import Cause, causes
from reports.app_sentences import happened, often, shorten, told
from reports.compare import Comparison, compare


@dataclass(frozen=True, slots=True)
class AppComparison:
    """All that differs between two runs against an app."""

    before: Outcome
    after: Outcome
    new: tuple[Cause, ...]
    gone: tuple[Cause, ...]
    still: tuple[Cause, ...]
    """As the later run saw them."""
    other: str = ""
    """What was tried in the earlier and the later run, where that is not the same."""

    @property
    def worse(self) -> bool:
        """Whether the later run has a new cause, or tells less than the earlier one."""
        return bool(self.new) or SEVERITY[self.after] > SEVERITY[self.before]

    def text(self) -> str:
        """Return the comparison as lines: what got worse first, then what is as before, then what is gone."""
        lines = [f"not the same was tried: {self.other}"] if self.other else []
        lines += [f"worse: {_line(cause)}" for cause in self.new]
        lines += [f"still: {_line(cause)}" for cause in self.still]
        # What an inconclusive run does not show need not be gone.
        word = "gone" if self.after is not Outcome.INCONCLUSIVE else "not seen again"
        lines += [f"{word}: {_line(cause)}" for cause in self.gone]
        changed = self.before.value if self.before is self.after else f"{self.before} → {self.after}"
        lines.append(
            f"{changed}: {len(self.new)} new, {len(self.still)} as before, {len(self.gone)} {word}, "
            + ("for the worse." if self.worse else "none for the worse.")
        )
        return "\n".join(lines)


def compare_apps(before: AppRun, after: AppRun) -> AppComparison:
    """Compare two runs cause by cause; a cause is the same when sign and place are."""
    old = {(cause.sign, cause.place): cause for cause in causes(before)}
    new = {(cause.sign, cause.place): cause for cause in causes(after)}
    return AppComparison(
        told(before),
        told(after),
        new=tuple(cause for key, cause in new.items() if key not in old),
        gone=tuple(cause for key, cause in old.items() if key not in new),
        still=tuple(cause for key, cause in new.items() if key in old),
        other=f"{_tried(before)}, then {_tried(after)}" if _tried(before) != _tried(after) else "",
    )


def compare_records(before: Run | AppRun, after: Run | AppRun) -> Comparison | AppComparison:
    """Compare two runs of one kind; raises UserError for two kinds."""
    if isinstance(before, AppRun) and isinstance(after, AppRun):
        return compare_apps(before, after)
    if isinstance(before, Run) and isinstance(after, Run):
        return compare(before, after)
    raise UserError("one run is of the matrix and the other of an app: compare two of one kind")


def _tried(run: AppRun) -> str:
    return shorten(f"{run.app} on {run.server}" if run.server else run.app)


def _line(cause: Cause) -> str:
    return f"{happened(cause.first)} ({often(cause)})"
