"""Writes a run as JUnit XML: a suite for each Local, a case for each cell.

A case is red exactly where the run's exit code is: broken, missed and unproven are failures (the cell ran and what it
showed is not enough), crashed, hung and not run are errors (it did not run to its end). A mix-up that was to be caught
or that nothing was promised about passes, and its text says so.
"""

import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from harness.core.record import CellResult, Run
from harness.core.verdict import Outcome
from reports.lanes_text import witness_text
from reports.matrix import standing
from reports.sentences import explanation, saw
from reports.words import FAULTS, Standing

FAILURES = frozenset({Standing.BROKEN, Standing.MISSED, Standing.UNPROVEN})
UNSPEAKABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, even escaped."""


def to_junit(run: Run) -> str:
    """Return the run as the text of an XML document."""
    names = {part.path: part.name for part in (*run.subjects, *run.places, *run.scenarios)}
    root = Element("testsuites", name="ctxstress")
    _count(root, run.cells)
    for subject in dict.fromkeys(result.cell.subject for result in run.cells):
        results = [result for result in run.cells if result.cell.subject == subject]
        suite = SubElement(root, "testsuite", name=names.get(subject, subject), timestamp=run.started)
        _count(suite, results)
        for result in results:
            _case(suite, result, names)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _count(suite: Element, results: tuple[CellResult, ...] | list[CellResult]) -> None:
    stands = [standing(result) for result in results]
    suite.set("tests", str(len(results)))
    suite.set("failures", str(sum(each in FAILURES for each in stands)))
    suite.set("errors", str(sum(each in FAULTS - FAILURES for each in stands)))
    suite.set("skipped", str(stands.count(Standing.NOT_APPLICABLE)))
    suite.set("time", f"{sum(result.seconds for result in results):.3f}")


def _case(suite: Element, result: CellResult, names: dict[str, str]) -> None:
    cell, stands = result.cell, standing(result)
    group = f"{names.get(cell.subject, cell.subject)}.{names.get(cell.where, cell.where)}"
    case = SubElement(
        suite,
        "testcase",
        classname=group,
        name=names.get(cell.scenario, cell.scenario),
        time=f"{result.seconds:.3f}",
    )
    if stands in FAULTS:
        kind = "failure" if stands in FAILURES else "error"
        fault = SubElement(case, kind, type=str(stands), message=speakable(f"{stands}: {saw(result)}"))
        fault.text = speakable(_story(result))
    elif stands is Standing.NOT_APPLICABLE:
        SubElement(case, "skipped", message=speakable(saw(result)))
    else:
        SubElement(case, "system-out").text = speakable(f"{stands}: {saw(result)}")


def _story(result: CellResult) -> str:
    """Tell all that helps with a red cell: why, the lanes, failures, where it hung, its log, how to repeat it."""
    lanes = [
        witness_text(sample)
        for sample in result.samples
        if sample.witness and result.outcome is Outcome.MIXED
    ]
    troubles = [f"{trouble.count}× {trouble.text}" for trouble in result.troubles]
    parts = [
        explanation(result),
        *lanes,
        *troubles,
        *result.hung_at,
        result.log,
        result.repeat and f"repeat: {result.repeat}",
    ]
    return "\n\n".join(part for part in parts if part)


def speakable(text: str) -> str:
    """Replace what XML 1.0 cannot hold, even escaped."""
    return UNSPEAKABLE.sub("�", text)
