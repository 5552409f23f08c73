"""Tests what every Local and LocalStack does within one unit, against a dict and a list as models."""

import importlib
import pkgutil
from contextvars import copy_context
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import localimpl
from localimpl import Local, LocalStack, Subject, Unit, release_local

SUBJECTS: dict[str, Subject] = {
    found.name: module.SUBJECT
    for found in pkgutil.iter_modules(localimpl.__path__)
    if hasattr(module := importlib.import_module(f"localimpl.{found.name}"), "SUBJECT")
}
# Within one unit even the controls are right, but for the one that never releases.
RIGHT_ALONE = [subject for subject in SUBJECTS.values() if subject.name != "broken_never_released"]


@pytest.fixture(params=RIGHT_ALONE, ids=lambda subject: subject.name)
def subject(request: pytest.FixtureRequest) -> Subject:
    return request.param  # type: ignore[no-any-return]


NAMES = st.sampled_from(["user", "tenant", "stack"])
LOCAL_STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["set", "set attribute"]), NAMES, st.integers()),
        st.tuples(st.sampled_from(["delete", "delete attribute"]), NAMES),
        st.tuples(st.just("release")),
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None)
@given(steps=LOCAL_STEPS)
def local_behaves_as_a_dict(subject: Subject, steps: list[tuple[Any, ...]]) -> None:
    local, model = subject.make(), dict[str, int]()
    for step in steps:
        match step:
            case ("set", name, value):
                local.set(name, value)
                model[name] = value
            case ("set attribute", name, value):
                setattr(local, name, value)
                model[name] = value
            case ("delete", name) if name in model:
                local.delete(name)
                del model[name]
            case ("delete", name):
                with pytest.raises(LookupError):
                    local.delete(name)
            case ("delete attribute", name) if name in model:
                delattr(local, name)
                del model[name]
            case ("delete attribute", name):
                with pytest.raises(AttributeError, match=name):
                    delattr(local, name)
            case _:
                release_local(local)
                model.clear()
        agrees(local, model)
    release_local(local)


def agrees(local: Local, model: dict[str, int]) -> None:
    assert sorted(local) == sorted(model.items())
    assert sorted(local.names()) == sorted(model)
    for name in ("user", "tenant", "stack", "never"):
        if name in model:
            assert local.get(name) == getattr(local, name) == local(name) == model[name]
        else:
            with pytest.raises(LookupError):
                local.get(name)
            with pytest.raises(AttributeError, match=name):
                getattr(local, name)
            assert repr(local(name)) == "<LocalProxy unbound>"
    assert list(local.snapshot().values()) == ([model] if model else [])


def test_a_local_behaves_as_a_dict(subject: Subject) -> None:
    local_behaves_as_a_dict(subject)


@settings(max_examples=25, deadline=None)
@given(steps=st.lists(st.one_of(st.integers(), st.sampled_from(["pop", "release"])), max_size=12))
def stack_behaves_as_a_list(subject: Subject, steps: list[int | str]) -> None:
    stack, model = subject.make_stack(), list[int]()
    top = stack()
    imaginary = stack("imag")
    for step in steps:
        if step == "pop":
            assert stack.pop() == (model.pop() if model else None)
        elif step == "release":
            release_local(stack)
            model.clear()
        else:
            assert isinstance(step, int)
            model.append(step)
            assert stack.push(step) == model
        assert stack.top == (model[-1] if model else None)
        assert repr(top) == (repr(model[-1]) if model else "<LocalProxy unbound>")
        assert repr(imaginary) == ("0" if model else "<LocalProxy unbound>")
        assert list(stack.snapshot().values()) == ([{"stack": model}] if model else [])
    release_local(stack)


def test_a_stack_behaves_as_a_list(subject: Subject) -> None:
    if subject.name != "broken_swap_back":  # shows one frame alone: what it put aside is its fault
        stack_behaves_as_a_list(subject)


def test_what_push_returned_is_a_snapshot(subject: Subject) -> None:
    stack = subject.make_stack()
    before = stack.push(1)
    stack.push(2)
    assert before == [1]
    release_local(stack)


@pytest.mark.parametrize(
    "subject",
    [each for each in SUBJECTS.values() if each.promise.covers(Unit.TASK)],
    ids=lambda subject: subject.name,
)
def test_a_copied_context_cannot_reach_into_the_stack_that_it_inherited(subject: Subject) -> None:
    stack = subject.make_stack()
    stack.push(1)
    stack.push(2)
    assert copy_context().run(stack.pop) == 2
    assert copy_context().run(stack.push, 3) == [1, 2, 3]
    copy_context().run(stack.release)
    assert (stack.pop(), stack.pop(), stack.pop()) == (2, 1, None)


def test_a_method_is_no_place_for_a_value(subject: Subject) -> None:
    local = subject.make()
    with pytest.raises(AttributeError, match="get"):
        local.get = 1  # type: ignore[method-assign, assignment]
    assert local.names() == []
    local.set("get", 1)
    assert local.get("get") == 1
    release_local(local)


def test_names_of_types_are_names_like_others(subject: Subject) -> None:
    local = subject.make()
    local.mro = 1
    local.keys = 2
    assert (local.mro, local.keys) == (1, 2)
    assert list(local.snapshot().values()) == [{"mro": 1, "keys": 2}]
    release_local(local)


def test_each_make_gives_a_new_one(subject: Subject) -> None:
    one, other = subject.make(), subject.make()
    one.user = 1
    assert other.names() == []
    first, second = subject.make_stack(), subject.make_stack()
    first.push(1)
    assert second.top is None
    release_local(one)
    release_local(first)


def test_a_stack_by_default_has_a_local_of_its_own() -> None:
    subject = SUBJECTS["thread_ident"]
    stack = subject.make_stack()
    stack.push("ctx")
    ((unit, held),) = stack.snapshot().items()
    assert isinstance(unit, int)
    assert held == {"stack": ["ctx"]}


def test_a_proxy_to_a_local_needs_a_name(subject: Subject) -> None:
    with pytest.raises(TypeError, match="needs the name"):
        subject.make().reader(None)


def test_a_local_that_never_releases_keeps_its_values() -> None:
    local = SUBJECTS["broken_never_released"].make()
    local.user = 1
    release_local(local)
    assert local.user == 1


def test_a_stack_stands_on_any_local() -> None:
    local = SUBJECTS["thread_ident"].make()
    LocalStack(local).push(1)
    assert list(local) == [("stack", [1])]
