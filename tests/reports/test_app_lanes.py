"""Two requests lie in time as their stamps say, and nothing is drawn where a stamp is missing."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from reports.app_lanes import draw, flight, lay_out, text_bar
from reports.app_marked import OWNER, VICTIM
from tests.reports.app_runs import DIFFERS, EVIL, FOREIGN, LEFT_BEHIND
from tests.reports.app_runs import OWNER as U3
from tests.reports.app_runs import VICTIM as U7


def test_bars_are_shares_of_the_time_from_first_to_last() -> None:
    shown = replace(
        FOREIGN, victim=replace(U7, entered=1.0, left=3.0), owner=replace(U3, entered=2.0, left=5.0)
    )
    view = lay_out(shown)
    assert view is not None
    assert (view.victim.start, view.victim.end) == (0.0, 0.5)
    assert (view.owner.start, view.owner.end) == (0.25, 1.0)
    assert (view.owner.lane, view.victim.lane, view.gap) == (OWNER, VICTIM, 0.0)


@pytest.mark.parametrize("owner_first", [True, False])
def test_a_long_wait_between_the_two_is_cut_short_and_said(owner_first: bool) -> None:
    first, second = (1.0, 60.0) if owner_first else (60.0, 1.0)
    owner, victim = replace(U3, entered=first, left=first + 1), replace(U7, entered=second, left=second + 1)
    view = lay_out(replace(FOREIGN, owner=owner, victim=victim))
    assert view is not None
    bars = sorted((view.owner, view.victim), key=lambda bar: bar.start)
    assert (bars[0].lane == OWNER) is owner_first
    assert bars[0].end - bars[0].start == pytest.approx(bars[1].end - bars[1].start) == pytest.approx(1 / 3)
    assert view.gap == pytest.approx(57.0)
    assert "between, not to scale" in draw(replace(FOREIGN, owner=view.owner.who, victim=view.victim.who))


def test_a_short_wait_is_drawn_to_scale() -> None:
    view = lay_out(
        replace(FOREIGN, owner=replace(U3, entered=1.0, left=2.0), victim=replace(U7, entered=3.0, left=4.0))
    )
    assert view is not None
    assert view.gap == 0.0
    assert view.victim.start == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    "shown",
    [
        DIFFERS,
        replace(FOREIGN, victim=replace(U7, entered=None)),
        replace(FOREIGN, owner=replace(U3, left=None)),
    ],
)
def test_without_both_stamps_nothing_is_drawn(shown: object) -> None:
    assert lay_out(shown) is None  # type: ignore[arg-type]
    assert draw(shown) == ""  # type: ignore[arg-type]


def test_requests_of_no_length_and_stamps_in_disorder_do_not_divide_by_zero() -> None:
    still = replace(
        FOREIGN, owner=replace(U3, entered=1.0, left=1.0), victim=replace(U7, entered=1.0, left=0.5)
    )
    view = lay_out(still)
    assert view is not None
    assert 0 <= view.victim.start <= view.victim.end <= 1
    ElementTree.fromstring(draw(still))


def test_when_and_where_a_request_ran_is_said_as_far_as_it_is_known() -> None:
    assert flight(U7) == "0.296 to 0.312 s, on greenlet-4"
    assert flight(replace(U7, entered=None)) == "on greenlet-4"
    assert flight(replace(U7, unit="", left=None)) == ""


def test_a_text_bar_has_its_width_and_at_least_one_block() -> None:
    view = lay_out(FOREIGN)
    assert view is not None
    assert text_bar(view.victim, 20) == "█" * 14 + "─" * 6
    assert text_bar(view.victim, 20, ascii_only=True) == "#" * 14 + "-" * 6
    assert text_bar(replace(view.victim, start=1.0, end=1.0), 10) == "─" * 9 + "█"


def test_the_drawing_is_whole_and_inside_its_frame() -> None:
    for shown in (FOREIGN, LEFT_BEHIND):
        svg = ElementTree.fromstring(draw(shown))
        assert svg.get("role") == "img"
        assert "u3v9: 0.300 to 0.320 s, on greenlet-2" in svg.get("aria-label", "")
        width = float(svg.get("width", "0"))
        places = [float(x) for x in re.findall(r"M([\d.]+)", draw(shown))]
        assert places
        assert all(0 <= x <= width for x in places)


def test_an_arrow_leads_from_owner_to_victim_but_none_to_a_variable() -> None:
    assert 'class="leak"' in draw(FOREIGN)
    assert 'class="leak"' not in draw(LEFT_BEHIND)


def test_labels_are_escaped() -> None:
    hostile = replace(FOREIGN, victim=replace(U7, visit=EVIL, unit=EVIL))
    assert "<script" not in draw(hostile)
    ElementTree.fromstring(draw(hostile))
