"""What a worker is asked survives the way there, and the command that repeats a cell asks for the same."""

import shlex

import pytest

from harness.core.record import Cell, Place
from harness.engine.job import Explore, Job, Options, repeat_command

OURS = Cell(
    "localimpl.contextvar:SUBJECT",
    Place.HOST,
    "harness.hosts.threads:HOST",
    "scenarios.read_back:SCENARIO",
    "harness.targets.mini:TARGET",
    "harness.gates.jitter:GATE",
)
THEIRS = Cell(
    "some.module:Local[task,thread]",
    Place.SERVER,
    "some.module:SERVER",
    "some.module:SCENARIO",
    "harness.targets.mini:TARGET",
    "some.module:GATE",
)


@pytest.mark.parametrize("patched", [True, False])
def test_a_job_survives_the_way(patched: bool) -> None:
    job = Job(
        (OURS, THEIRS), Options(seed=3, nap=0.5), ("some.module:CHECKER",), patched, ("some.module:OTHER",)
    )
    line = job.to_json()
    assert "\n" not in line
    assert Job.from_json(line) == job


def test_the_server_of_two_jobs_is_the_same_where_all_of_it_is() -> None:
    one = Job((THEIRS,), Options(), (), False, mounted=("a:A", "b:B"))
    assert one.server == Job((THEIRS,), Options(), (), False, mounted=("a:A", "b:B")).server
    assert one.server != Job((THEIRS,), Options(), (), False, mounted=("a:A",)).server
    assert one.server != Job((THEIRS,), Options(clients=2), (), False, mounted=("a:A", "b:B")).server
    assert Job((THEIRS,), Options(), (), False).scenarios == ("some.module:SCENARIO",)


def test_ours_are_repeated_by_name_and_theirs_by_import_string() -> None:
    options = Options(seed=7, requests=11, http_requests=12, clients=3)
    assert repeat_command(OURS, options) == (
        "ctxstress run --local contextvar --host threads --scenario read_back --gate jitter "
        "--seed 7 --requests 11 --clients 3"
    )
    assert shlex.split(repeat_command(THEIRS, options))[2:8] == [
        "--local",
        "some.module:Local[task,thread]",
        "--server",
        "some.module:SERVER",
        "--scenario",
        "some.module:SCENARIO",
    ]
    assert "--requests 12" in repeat_command(THEIRS, options)


def test_how_hard_a_cell_was_pressed_is_repeated_where_it_was_not_as_usual() -> None:
    command = repeat_command(OURS, Options(switch_interval=0.005, time_limit=60.0))
    assert command.endswith("--switch-interval 0.005 --time-limit 60")


def test_only_a_cell_that_is_explored_alone_is_repeated_by_a_search() -> None:
    asked = Explore(bound=1, seconds=60.0)
    assert repeat_command(OURS, Options(seed=7).exploring(asked)) == (
        "ctxstress explore --local contextvar --host threads --scenario read_back --seed 7 --bound 1 --time 60"
    )
    assert repeat_command(OURS, Options(explore=asked)).startswith("ctxstress run --local contextvar ")
