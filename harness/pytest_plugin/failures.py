"""What a test of ours fails with: pages of text, of which pytest's summary repeats the first line.

In CI pytest does not cut what its summary says of a failure, and every picture would stand there a second time.
"""

from collections.abc import Generator
from typing import NoReturn

import pytest

TOLD = pytest.StashKey[str]()
"""All that a test failed with."""


def fail(item: pytest.Item, text: str) -> NoReturn:
    """Fail the test with what the text tells, without a traceback; its first line says what is wrong."""
    item.stash[TOLD] = text
    pytest.fail(text, pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Leave the summary, and a JUnit report's message, a failure's first line."""
    report = yield
    crash = getattr(report.longrepr, "reprcrash", None)
    told = item.stash.get(TOLD, None)
    if crash is not None and call.excinfo is not None and str(call.excinfo.value) == told:
        crash.message = told.partition("\n")[0]
    return report
