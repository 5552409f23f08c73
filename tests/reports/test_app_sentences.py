"""The verdict of a run against an app speaks of its endpoints and users, with the numbers that belong to it."""

from dataclasses import replace

import pytest

from harness.core.app_record import AppRun, Sign, Who
from harness.core.record import Ending
from harness.core.verdict import Anomaly, Outcome
from reports.app_causes import causes
from reports.app_sentences import (
    advice,
    few,
    happened,
    headline,
    last_lines,
    often,
    opening,
    percent,
    shorten,
    span,
    timing,
    told,
    verdict,
    when,
)
from tests.reports.app_runs import CLEAN, FOREIGN, LEFT_BEHIND, MIXED, OWNER, ROUNDS, RUNS, SEEN, VICTIM

FIRST = {
    "mixed": "GET /orders/{token} gave u3's data to u7: 41 of 2,000 answers, first after 12 requests (0.3 s), "
    "8 clients at once on gunicorn_gevent; 2 clients are enough.",
    "clean": "No answer held another's data in 6,020 requests over 3 kinds of pressure, of which 5,699 overlapped "
    "another: a rate above 0.052 % is excluded at 95 %.",
    "all_500": "Nothing can be told of shop.wsgi:app: each of the 3 endpoints answered 500 also when it was sent "
    "alone; look at the app's log, and give what it needs with --env NAME=VALUE.",
    "no_start": "Nothing can be told of shop.wsgi:app: it did not start: KeyError: 'DATABASE_URL'; set it with "
    "--env DATABASE_URL=VALUE.",
    "doubtful": "Nothing can be told of shop.wsgi:app: 3 answers of GET /orders/{token} differed from those it gets "
    "alone, which chance may explain.",
    "differs": "GET /orders/{token} gave u7 an answer that the request never gets alone: 3 of 2,000 answers, first "
    "after 377 requests (2.2 s), 8 clients at once on gunicorn_gevent.",
    "left_behind": "shop.cart:CURRENT still held u3's data after GET /orders/{token} was over: 57 times, first after "
    "40 requests (0.9 s), 8 clients at once on gunicorn_gevent; 1 client is enough.",
    "interrupted": "The run of shop.wsgi:app was interrupted: no answer of 2,000 held another's data by then, which "
    "is too little to tell.",
}


@pytest.mark.parametrize("name", RUNS)
def test_the_first_sentence(name: str) -> None:
    assert verdict(RUNS[name]).sentence == FIRST[name]
    assert " ".join(opening(RUNS[name])) == FIRST[name]


@pytest.mark.parametrize("name", RUNS)
def test_it_is_good_exactly_where_the_exit_code_is_0(name: str) -> None:
    run = RUNS[name]
    assert verdict(run).good == (run.exit_code() == 0) == (name == "clean")
    assert (told(run) is Outcome.ISOLATED) == (name == "clean")


@pytest.mark.parametrize("ending", [each for each in Ending if each is not Ending.JUDGED])
def test_an_app_that_did_not_come_to_its_end_is_never_clean(ending: Ending) -> None:
    run = replace(CLEAN, ending=ending)
    assert told(run) is Outcome.INCONCLUSIVE
    assert verdict(run).sentence.startswith("Nothing can be told of shop.wsgi:app: ")
    assert len(opening(run)[1]) > 10


def test_a_mix_up_stays_the_first_sentence_of_an_interrupted_run() -> None:
    said = verdict(replace(MIXED, interrupted=True))
    assert said.sentence == FIRST["mixed"]
    assert said.beside[0] == "The run was interrupted; this is what was known by then."


def test_a_mix_up_without_a_sighting_is_said_to_be_one() -> None:
    said = verdict(replace(MIXED, sightings=()))
    assert said.sentence == "Requests to shop.wsgi:app were mixed up, and the record holds no sighting of it."
    assert not said.good


HAPPENED = {
    Sign.FOREIGN: "GET /orders/{token} gave u3's data to u7",
    Sign.CROSSED: "GET /orders/{token} gave u7 the answer to u3's request",
    Sign.SHARED_COOKIE: "GET /orders/{token} gave u3 and u7 the same body",
    Sign.LOST: "GET /orders/{token} lost u7's own data",
    Sign.DIFFERS: "GET /orders/{token} gave u7 an answer that the request never gets alone",
    Sign.FAILED: "POST /login fails only under load, here for u2",
    Sign.UNANSWERED: "GET /orders/{token} left u7 without an answer, only under load",
    Sign.LEFT_BEHIND: "shop.cart:CURRENT still held u3's data after GET /orders/{token} was over",
    Sign.LOG: "body has the data of u3 and u7 in one line",
    Sign.CALL: "An outgoing call of GET /orders/{token} had the data of u3 and u7",
}


@pytest.mark.parametrize("sign", Sign)
def test_each_sign_is_told_with_its_users(sign: Sign) -> None:
    assert happened(SEEN[sign]) == HAPPENED[sign]


@pytest.mark.parametrize("sign", Sign)
def test_an_unknown_owner_is_not_made_up(sign: Sign) -> None:
    said = happened(replace(SEEN[sign], owner=None))
    assert "u3" not in said
    assert "None" not in said


def test_two_visits_of_one_user_are_told_apart_by_their_visits() -> None:
    again = replace(FOREIGN, owner=replace(OWNER, user="u7", visit="u7v3"))
    assert happened(again) == "GET /orders/{token} gave u7's data of another visit (u7v3) to u7"
    assert timing(again) == "The requests of u7v3 and u7v12 were in flight at the same time."
    stale = replace(again, anomaly=Anomaly.STALE)
    assert timing(stale).startswith("u7v3's request was over before u7v12's began")


def test_how_they_lay_in_time_is_said_only_where_it_is_known() -> None:
    assert timing(FOREIGN) == "The requests of u3 and u7 were in flight at the same time."
    assert timing(LEFT_BEHIND).endswith("left over from an earlier request.")
    unknown = replace(FOREIGN, anomaly=None)
    assert timing(unknown) == "Whether the two were in flight at the same time is not known."
    assert timing(SEEN[Sign.FAILED]) == ""
    whens = [when(each) for each in (FOREIGN, LEFT_BEHIND, unknown)]
    assert whens == ["at the same time (bleed)", "left over from an earlier request (stale)", "not known"]


def test_other_causes_are_named_beside_the_worst_and_cut_where_they_are_many() -> None:
    assert verdict(MIXED).beside[1] == (
        "Also: shop.cart:CURRENT still held u3's data after GET /orders/{token} was over (12 times); "
        "POST /login fails only under load, here for u2 (7 of 2,000 requests)."
    )
    many = replace(MIXED, sightings=tuple(replace(FOREIGN, endpoint=f"GET /{number}") for number in range(9)))
    assert verdict(many).beside[1].endswith("; and 5 more.")
    assert verdict(many).beside[1].count(" gave ") == 3


def test_the_smallest_number_of_clients_is_of_the_worst_cause_alone() -> None:
    worst, *others = causes(MIXED)
    assert "2 clients are enough" in headline(worst, MIXED)
    assert not any("enough" in headline(cause, MIXED) for cause in others)
    assert "It did not show again with 2 or 4 clients." in verdict(RUNS["differs"]).beside


def test_more_sightings_than_answers_do_not_become_a_share_above_one() -> None:
    (cause,) = causes(replace(MIXED, sightings=(replace(FOREIGN, count=5000),)))
    assert often(cause) == "2,000 of 2,000 answers"


def test_a_url_is_named_where_there_is_no_server_of_ours() -> None:
    run = replace(MIXED, app="http://127.0.0.1:8000", server="", stamped=False)
    assert "8 clients at once on http://127.0.0.1:8000;" in verdict(run).sentence
    quiet = replace(CLEAN, app="http://127.0.0.1:8000", server="", stamped=False)
    assert any("by the clients' clocks alone" in each for each in verdict(quiet).beside)
    assert not any("clocks" in each for each in verdict(CLEAN).beside)


def test_what_was_allowed_is_said_of_a_clean_run() -> None:
    assert "1,204 values came back to others as allowed by 1 pattern." in verdict(CLEAN).beside
    assert not any("allowed" in each for each in verdict(replace(CLEAN, allowed={})).beside)


def test_one_kind_of_pressure_and_no_bound_still_read_well() -> None:
    one = replace(CLEAN, rounds=ROUNDS[:1], bound=None)
    assert opening(one)[1] == "in 2,000 requests under 1 kind of pressure, of which 1,702 overlapped another."


def test_advice_fits_what_was_seen() -> None:
    assert "module global" in advice(MIXED)[0]
    assert "nobody takes back" in advice(RUNS["left_behind"])[0]
    assert "CI" in advice(CLEAN)[0]
    assert advice(RUNS["no_start"]) == ("When that is put right, run it again.",)
    assert "varies by design" in advice(RUNS["doubtful"])[0]
    assert advice(RUNS["interrupted"]) == ("Let the command run to its end.",)
    assert advice(replace(RUNS["no_start"], repeat="")) == ()


def test_numbers_read_as_prose() -> None:
    assert [percent(share) for share in (0.00025, 0.000001234, 0.5, 0.052, 0.0)] == [
        "0.025 %",
        "0.00012 %",
        "50 %",
        "5.2 %",
        "0 %",
    ]
    assert [span(seconds) for seconds in (0.01, 0.31, 9.94, 42, 200)] == [
        "under 0.1 s",
        "0.3 s",
        "9.9 s",
        "42 s",
        "3 min",
    ]


def test_a_reason_of_many_lines_gives_its_first_and_leaves_the_rest_to_the_log() -> None:
    run = replace(
        RUNS["no_start"], reason="it did not start; its log ends with:\nTraceback\nKeyError", log=""
    )
    assert opening(run)[1] == "it did not start; its log ends with:"
    assert last_lines(run, 9) == ["Traceback", "KeyError"]
    assert last_lines(RUNS["no_start"], 1) == ["[2026-11-21 11:02:18 +0000] [ERROR] Worker failed to boot."]
    assert last_lines(CLEAN, 9) == []


def test_of_many_parts_some_are_named() -> None:
    assert few(["a", "b\x1b"]) == "a, b�"
    assert few([f"p{number}" for number in range(9)]) == "p0, p1, p2, p3, p4, p5 and 3 more"


def test_a_name_stays_on_one_line_and_is_cut() -> None:
    assert shorten("GET /a\nX: y\t z") == "GET /a X: y z"
    assert shorten("x" * 300) == "x" * 59 + "…"


def test_a_user_of_any_name_keeps_the_sentence_whole() -> None:
    odd = replace(FOREIGN, victim=replace(VICTIM, user=""), owner=Who("", "", ""))
    assert isinstance(verdict(replace(MIXED, sightings=(odd,))).sentence, str)


def test_runs_are_as_they_say() -> None:
    codes: dict[str, int] = {name: run.exit_code() for name, run in RUNS.items()}
    run: AppRun = RUNS["interrupted"]
    assert [codes[name] for name in ("mixed", "differs", "left_behind")] == [1, 1, 1]
    assert [codes[name] for name in ("clean", "all_500", "no_start", "interrupted")] == [0, 2, 2, 130]
    assert run.interrupted
