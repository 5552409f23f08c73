"""What a test of ours fails with: pages of text, of which pytest's summary takes the first line.

In CI pytest no longer cuts what its summary repeats of a failure, and every picture would stand there a second time.
"""

from collections.abc import Generator

import pytest


class Failure(pytest.fail.Exception):
    """A failure that tells all by itself, without a traceback, and in its first line what it is."""

    def __init__(self, text: str) -> None:
        super().__init__(text, pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    call: pytest.CallInfo[None],
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Leave the summary, and a JUnit report's message, a failure's first line."""
    report = yield
    crash = getattr(report.longrepr, "reprcrash", None)
    if call.excinfo is not None and isinstance(call.excinfo.value, Failure) and crash is not None:
        crash.message = str(call.excinfo.value).partition("\n")[0]
    return report
