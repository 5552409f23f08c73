"""Writes a run against an app as JUnit XML: a case for each endpoint, and one for what belongs to no endpoint.

A case fails when its endpoint mixed or failed under load; where nothing can be told, the run's own case is an error,
and so are those of endpoints at which something was seen.
"""

from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from harness.core.app_record import AppRun
from harness.core.verdict import Outcome
from reports.app_causes import Cause, causes
from reports.app_marked import plain, printable
from reports.app_proof import proof
from reports.app_sentences import headline, told, verdict
from reports.junit import speakable

THE_RUN = "isolation"
"""The case that stands for the run as a whole."""


def to_app_junit(run: AppRun) -> str:
    """Return the run as the text of an XML document."""
    by_endpoint: dict[str, list[Cause]] = {each.name: [] for each in run.endpoints}
    for cause in causes(run):
        by_endpoint.setdefault(cause.first.endpoint, []).append(cause)
    vague = told(run) is Outcome.INCONCLUSIVE
    root = Element("testsuites", {"name": "ctxstress"})
    name = speakable(f"{run.app} on {run.server}" if run.server else run.app)
    suite = SubElement(root, "testsuite", {"name": name, "timestamp": run.started})
    said = verdict(run)
    case = SubElement(suite, "testcase", classname=name, name=THE_RUN, time=f"{run.seconds:.3f}")
    if vague or (run.outcome is Outcome.MIXED and not run.sightings):
        fault = SubElement(case, "error", type=str(told(run)), message=speakable(said.sentence))
        fault.text = speakable("\n\n".join(part for part in (*said.beside, run.log, _repeat(run)) if part))
    else:
        SubElement(case, "system-out").text = speakable(said.sentence)
    for endpoint, found in by_endpoint.items():
        case = SubElement(suite, "testcase", classname=name, name=speakable(endpoint), time="0")
        if found:
            fault = SubElement(
                case,
                "error" if vague else "failure",
                type=str(found[0].sign),
                message=speakable(headline(found[0], run)),
            )
            fault.text = speakable("\n\n".join([*(_story(cause, run) for cause in found), _repeat(run)]))
    counts = {
        "tests": str(len(suite)),
        "failures": str(len(suite.findall("*/failure"))),
        "errors": str(len(suite.findall("*/error"))),
        "time": f"{run.seconds:.3f}",
    }
    for element in (root, suite):
        element.attrib.update(counts)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _repeat(run: AppRun) -> str:
    return f"repeat: {printable(run.repeat)}" if run.repeat else ""


def _story(cause: Cause, run: AppRun) -> str:
    """Tell one cause: the sentence, what was asked, what comes back alone, and what came."""
    shown = cause.first
    found = proof(shown, run)
    owner = shown.owner.user if shown.owner else "another"
    parts = [
        (f"{shown.victim.user} sent", found.asked),
        ("alone it gets", found.alone),
        (found.label, found.got),
        (f"in {shown.where}", found.place),
        (f"{owner} sent", found.owner_asked),
    ]
    told_parts = [f"{label}:\n{plain(text, owner)}" for label, text in parts if text]
    return "\n\n".join([headline(cause, run), *told_parts])
