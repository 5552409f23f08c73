"""Tests LocalManager: what it releases, when, and what it leaves alone."""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from localimpl import Local, LocalManager, LocalStack
from localimpl.contextvar import SUBJECT


@pytest.fixture
def local() -> Local:
    return SUBJECT.make()


@pytest.fixture
def stack() -> LocalStack:
    return SUBJECT.make_stack()


def ignored(*_: object) -> Any:
    """Take a response's status and headers."""


class Body:
    """A response body that logs what is done to it, and what the Local holds then."""

    def __init__(self, local: Local, log: list[str]) -> None:
        self.local, self.log = local, log

    def __iter__(self) -> Iterator[bytes]:
        yield self.local.user.encode()

    def close(self) -> None:
        self.log.append(f"closed while {self.local.user} is held")


def test_cleanup_releases_all_that_it_was_given(local: Local, stack: LocalStack) -> None:
    other = SUBJECT.make()
    for each in (local, other):
        each.user = 1
    stack.push(1)
    LocalManager([local, stack]).cleanup()
    assert (list(local), stack.top, list(other)) == ([], None, [("user", 1)])


def test_one_local_is_taken_for_itself_and_not_for_a_list_of_its_values(
    local: Local, stack: LocalStack
) -> None:
    local.user = 1
    stack.push(1)
    for each in (local, stack):
        LocalManager(each).cleanup()
    assert (list(local), stack.top) == ([], None)
    LocalManager().cleanup()


def test_the_middleware_releases_when_the_body_is_closed(local: Local) -> None:
    log: list[str] = []
    manager = LocalManager(local)

    @manager.middleware
    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer with the user."""
        local.user = environ["user"]
        return Body(local, log)

    body: Any = application({"user": "ann"}, ignored)
    assert list(body) == [b"ann"]
    assert local.user == "ann"
    body.close()
    assert log == ["closed while ann is held"]
    assert list(local) == []
    assert (application.__name__, application.__doc__) == ("application", "Answer with the user.")


def test_the_middleware_releases_when_the_body_cannot_be_closed(local: Local) -> None:
    class Stuck(Body):
        def close(self) -> None:
            raise OSError("cannot close")

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        local.user = "ann"
        return Stuck(local, [])

    body: Any = LocalManager(local).make_middleware(application)({}, ignored)
    with pytest.raises(OSError, match="cannot close"):
        body.close()
    assert list(local) == []


def test_the_middleware_releases_when_there_is_nothing_to_close(local: Local) -> None:
    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        local.user = "ann"
        return [b"ann"]

    body: Any = LocalManager(local).make_middleware(application)({}, ignored)
    assert list(body) == [b"ann"]
    body.close()
    assert list(local) == []


def test_the_middleware_releases_when_the_application_raises(local: Local) -> None:
    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        local.user = "ann"
        raise ValueError("no answer")

    with pytest.raises(ValueError, match="no answer"):
        LocalManager(local).make_middleware(application)({}, ignored)
    assert list(local) == []


def test_it_says_how_many_it_has(local: Local, stack: LocalStack) -> None:
    assert repr(LocalManager([local, stack])) == "<LocalManager of 2>"
