"""The drawing shows each event once, stays inside its frame, and lets no value become markup."""

import re
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from xml.etree import ElementTree

from harness.checkers import bleed
from harness.core.history import History
from harness.core.record import Run, Sample
from reports.svg import draw

Tell = Callable[[str], History]
LEFTWARD = "a enter\na wrote user a.1\nb enter\nb wrote user b.1\na read user b.1"
RIGHTWARD = "b enter\nb wrote user b.1\na enter\na read user b.1"


def bled(tell: Tell, made: SimpleNamespace, lines: str) -> Sample:
    history = tell(lines)
    sample: Sample = made.sample_of(history, next(iter(bleed.CHECKER.check(history))))
    return sample


def parsed(sample: Sample) -> ElementTree.Element:
    return ElementTree.fromstring(str(draw(sample)))


def arrows(root: ElementTree.Element) -> list[list[tuple[float, float]]]:
    """The points of each arrow's line."""
    found = []
    for group in root.iter("g"):
        if group.get("class", "").startswith("leak"):
            numbers = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", group[0].get("d", ""))]
            found.append(list(zip(numbers[::2], numbers[1::2], strict=True)))
    return found


def test_every_drawing_of_a_run_is_well_formed_and_inside_its_frame(good_run: Run) -> None:
    samples = [sample for result in good_run.cells[::7] for sample in result.samples]
    assert len(samples) > 100
    seen = 0
    for sample in samples:
        root = parsed(sample)
        width, height = float(root.get("width", 0)), float(root.get("height", 0))
        for text in root.iter("text"):
            assert 0 <= float(text.get("x", 0)) <= width
            assert 0 <= float(text.get("y", 0)) <= height
        drawn = arrows(root)
        seen += len(drawn)
        assert all(0 <= x <= width and 0 <= y <= height for points in drawn for x, y in points)
    assert seen > 50


def test_each_event_is_drawn_once(tell: Tell, made: SimpleNamespace) -> None:
    root = parsed(bled(tell, made, LEFTWARD))
    assert [text.text for text in root.iter("text") if text.get("class") == "seq"] == [
        "0",
        "1",
        "2",
        "3",
        "4",
    ]


def test_the_arrow_leaves_the_write_and_reaches_the_look_up(tell: Tell, made: SimpleNamespace) -> None:
    for lines, leftward in ((LEFTWARD, True), (RIGHTWARD, False)):
        (points,) = arrows(parsed(bled(tell, made, lines)))
        assert (points[0][0] > points[-1][0]) is leftward
        assert points[0][1] < points[-1][1]


def test_it_is_named_by_the_sentence_and_the_proof(tell: Tell, made: SimpleNamespace) -> None:
    label = parsed(bled(tell, made, LEFTWARD)).get("aria-label")
    assert (
        label
        == "b wrote 'user'; a, in flight with it, read b's value. · b writes user = b.1 · a reads user → b.1"
    )


def test_values_and_names_are_text_never_markup(tell: Tell, made: SimpleNamespace) -> None:
    sample = bled(tell, made, LEFTWARD)
    bad = '"><script>alert(1)</script>'
    events = tuple((seq, kind, bad + request, bad, bad, bad) for seq, kind, request, *_ in sample.events)
    assert sample.witness is not None
    evil = replace(sample, events=events, witness=replace(sample.witness, sentence=bad, name=bad))
    assert "<script" not in draw(evil)
    assert ElementTree.fromstring(str(draw(evil))).get("aria-label", "").startswith(bad)


def test_a_sample_without_events_has_no_drawing() -> None:
    assert draw(Sample(None, (), ())) == ""
