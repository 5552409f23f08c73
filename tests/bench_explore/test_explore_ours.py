"""Our own search on the corpus: each fault is found early and graded rightly, and no fixed form has a finding."""

import pytest

from bench.explore.corpus import case, names
from bench.explore.ours import host, limits, program
from bench.explore.search import Effort, Form
from harness.core.exploration import Exploration
from harness.core.feasibility import Feasibility, has_gil
from harness.core.verdict import Outcome
from harness.explorer.exploring import explore
from harness.explorer.replaying import replay
from harness.explorer.token import decode
from harness.schedulers.preemption_bounded import STRATEGY

pytestmark = pytest.mark.slow

SOON = 10
EFFORT = Effort(seed=1, schedules=1)


def explored(form: Form) -> Exploration:
    return explore(program(form), host(form), limits(form, STRATEGY, EFFORT))


@pytest.mark.parametrize("name", names())
def test_each_fault_is_found_early_graded_and_replayed(name: str) -> None:
    subject = case(name)
    form = Form(name, subject, subject.faulty)
    found = explored(form)
    told = found.explanation
    assert told is not None, found.reason
    assert found.found_at <= SOON
    assert (told.kind, told.feasibility, told.preemptions) == (
        subject.kind,
        subject.feasibility,
        subject.preemptions,
    )
    assert found.interesting == (subject.feasibility is Feasibility.FREE_THREADED and has_gil())
    assert replay(program(form), host(form), decode(told.token)).mixup is not None


@pytest.mark.parametrize("name", names())
def test_each_fixed_form_is_exhausted_without_a_finding(name: str) -> None:
    subject = case(name)
    found = explored(Form(name, subject, subject.fixed))
    assert (found.outcome, found.reason) == (Outcome.ISOLATED, "")
    assert found.phases
    assert all(phase.exhausted for phase in found.phases)
