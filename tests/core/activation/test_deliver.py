"""Level-triggered delivery: what the destination knows in the end, whatever happens on the way."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millrace.activation import HttpResponse, Limits
from millrace.errors import NeedsHuman, RetryLater
from tests.fakes.bench import PIGEON, Bench, a_profile

KEY = "i#user_id#a"


def test_a_new_person_is_told_recorded_and_no_longer_dirty(bench):
    report = bench.deliver(*bench.put(a_profile(city="Bern")))
    assert bench.bodies == [[{"email": "a@example.com", "city": "Bern"}]]
    assert (report.sent, report.keep) == (1, frozenset())
    assert bench.deliveries.rows["pigeon", KEY].version == 1
    assert bench.people.dirty == {}


def test_a_duplicate_wake_sends_nothing_twice(bench):
    (message,) = bench.put(a_profile(city="Bern"))
    bench.deliver(message, message)
    report = bench.deliver(message)
    assert len(bench.http.requests) == 1
    assert (report.sent, report.unchanged, report.keep) == (0, 1, frozenset())


def test_many_wakes_of_one_person_tell_the_newest_state_once(bench):
    bench.put(*(a_profile(version=n, city=f"city {n}") for n in range(1, 6)))
    bench.deliver(*(bench.message(KEY, n) for n in (3, 1, 5, 2, 4)))
    assert bench.bodies == [[{"email": "a@example.com", "city": "city 5"}]]
    assert bench.people.dirty == {}


def test_a_change_the_destination_does_not_care_about_is_acknowledged_unsent(bench):
    bench.deliver(*bench.put(a_profile(city="Bern")))
    report = bench.deliver(*bench.put(a_profile(version=2, city="Bern")))
    assert len(bench.http.requests) == 1
    assert report.unchanged == 1
    assert bench.people.dirty == {}


def test_a_person_who_cannot_be_told_of_is_acknowledged_unsent(bench):
    report = bench.deliver(*bench.put(a_profile(silent=True)))
    assert bench.http.requests == []
    assert (report.unchanged, report.keep, bench.people.dirty) == (1, frozenset(), {})


def test_a_person_who_vanished_is_acknowledged(bench):
    report = bench.deliver(bench.message("i#user_id#gone", 3))
    assert (bench.http.requests, report.keep) == ([], frozenset())


def test_a_merged_person_is_told_as_the_root_and_once(bench):
    root = a_profile("i#user_id#root", version=9, city="Bern")
    bench.people.aliases["i#anonymous_id#old"] = root.key
    messages = [*bench.put(root), bench.message("i#anonymous_id#old", 4)]
    assert bench.deliver(*messages).sent == 1
    assert bench.bodies == [[{"email": "root@example.com", "city": "Bern"}]]
    assert set(bench.deliveries.rows) == {("pigeon", root.key)}


def test_a_name_that_was_joined_tells_nothing_and_is_told_anew_once_it_parts(bench):
    bench.deliver(*bench.put(a_profile(city="Bern")))
    bench.people.aliases[KEY] = bench.put(a_profile("i#user_id#root", version=9))[0].wake.key
    assert bench.deliver(bench.message(KEY, 1, receives=2)).sent == 0
    del bench.people.aliases[KEY]
    assert bench.deliver(bench.message(KEY, 1)).sent == 1
    assert bench.bodies == [[{"email": "a@example.com", "city": "Bern"}]] * 2


def test_a_record_that_changed_while_somebody_was_told_keeps_the_message(bench):
    (message,) = bench.put(a_profile(city="Bern"))

    def forgotten(_):
        bench.deliveries.forget("pigeon", [KEY])
        return HttpResponse(status=202)

    bench.http.answer = forgotten
    assert bench.deliver(message).keep == {message.message_id}
    assert bench.deliveries.rows == {}


def test_a_crash_between_send_and_record_repeats_the_same_state_under_the_same_id(bench):
    (message,) = bench.put(a_profile(city="Bern"))
    bench.deliveries.failing_replace = RetryLater("deliveries_unavailable", "no answer")
    with pytest.raises(RetryLater):
        bench.deliver(message)
    assert bench.people.dirty != {}
    report = bench.deliver(bench.message(KEY, 1, receives=2))
    first, second = bench.http.requests
    assert (first.body, first.headers) == (second.body, second.headers)
    assert (report.sent, bench.people.dirty) == (1, {})


def test_a_state_that_comes_back_is_a_new_delivery(bench):
    for version, city in enumerate(["Bern", "Chur", "Bern"], 1):
        bench.deliver(*bench.put(a_profile(version=version, city=city)))
    ids = [request.headers["ids"] for request in bench.http.requests]
    assert len(set(ids)) == 3
    assert bench.bodies[0] == bench.bodies[2]


def test_one_bad_record_among_500_is_rejected_and_499_are_delivered(bench):
    def answer(request):
        is_bad = b"bad@" in request.body
        return HttpResponse(status=400 if is_bad else 202)

    bench.http.answer = answer
    people = [a_profile(f"i#user_id#u{n}") for n in range(499)]
    messages = bench.put(*people[:123], a_profile("i#user_id#bad"), *people[123:])
    report = bench.deliver(*messages)
    assert (report.sent, report.rejected, report.keep) == (499, 1, frozenset())
    assert bench.deliveries.rows["pigeon", "i#user_id#bad"].code == "http_400"
    assert len(bench.http.requests) <= 19
    taken = [person["email"] for body in bench.bodies for person in body if len(body) > 1]
    assert {f"u{n}@example.com" for n in range(499)} <= set(taken)


def test_a_rejected_person_is_not_tried_again_before_they_change(bench):
    bench.answers(HttpResponse(status=400), HttpResponse(status=400))
    (message,) = bench.put(a_profile(city="Bern"))
    bench.deliver(message)
    bench.deliver(message)
    assert len(bench.http.requests) == 1
    report = bench.deliver(*bench.put(a_profile(version=2, city="Chur")))
    assert (len(bench.http.requests), report.rejected) == (2, 1)


def test_a_destination_that_rejects_everybody_needs_a_person_and_nobody_is_written_off(bench):
    bench.http.answer = lambda _: HttpResponse(status=400)
    messages = bench.put(*(a_profile(f"i#user_id#u{n}") for n in range(64)))
    report = bench.deliver(*messages)
    assert (report.rejected, report.deferred, len(report.keep)) == (0, 64, 64)
    assert {problem.code for problem in report.problems} == {"rejects_everything"}
    assert bench.deliveries.told == {}
    assert len(bench.people.dirty) == 64


def test_a_person_too_large_for_the_destination_is_rejected_without_a_call(bench):
    report = bench.deliver(*bench.put(a_profile(city="x" * 10_000)))
    assert (report.rejected, bench.http.requests) == (1, [])
    assert bench.deliveries.rows["pigeon", KEY].code == "profile_too_large"


def test_an_odd_profile_is_kept_and_does_not_stop_the_others(bench):
    odd, good = a_profile("i#user_id#odd", odd=1), a_profile("i#user_id#good")
    report = bench.deliver(*bench.put(odd, good))
    assert (report.sent, report.deferred) == (1, 1)
    assert report.keep == {"i#user_id#odd@1"}
    assert "odd@example.com" not in repr(report)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_what_may_pass_later_keeps_the_message(bench, status):
    bench.answers(HttpResponse(status=status))
    report = bench.deliver(*bench.put(a_profile()))
    assert report.keep == {f"{KEY}@1"}
    assert (report.deferred, bench.deliveries.told) == (1, {})
    assert bench.people.dirty == {(KEY, "pigeon"): 1}


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("17", 17), ("Mon, 22 Nov 2027 07:20:00 GMT", 11 * 3600), ("1000000", 11 * 3600), ("0", 1)],
)
def test_retry_after_decides_when_the_message_comes_again(bench, header, seconds):
    bench.answers(HttpResponse(status=429, headers={"retry-after": header}))
    bench.deliver(*bench.put(a_profile()))
    assert bench.queues.deferred == {f"handle {KEY}@1": seconds}


def test_retry_after_as_a_date_counts_from_now(bench):
    bench.clock.set(1_795_348_800_000)  # 2026-11-22T12:00:00Z
    date = "Sun, 22 Nov 2026 12:02:30 GMT"
    bench.answers(HttpResponse(status=503, headers={"retry-after": date}))
    bench.deliver(*bench.put(a_profile()))
    assert list(bench.queues.deferred.values()) == [150]


def test_without_a_word_from_the_destination_the_wait_grows(bench):
    bench.put(a_profile())
    waits = []
    for receives in (1, 2, 4, 8, 40):
        bench.answers(HttpResponse(status=503))
        bench.deliver(bench.message(KEY, 1, receives=receives))
        waits += bench.queues.deferred.values()
    assert waits == sorted(waits)
    assert 3 <= waits[0] <= 8
    assert 675 <= waits[-1] <= 1125


def test_after_a_429_the_destination_is_left_alone_in_this_batch():
    bench = Bench()
    small = msgspec.structs.replace(
        PIGEON, limits=Limits(profiles=2, bytes=10_000, profile_bytes=9_000)
    )
    bench.channel = msgspec.structs.replace(bench.channel, destination=small)
    bench.answers(HttpResponse(status=202), HttpResponse(status=429, headers={"retry-after": "9"}))
    report = bench.deliver(*bench.put(*(a_profile(f"i#user_id#u{n}") for n in range(10))))
    assert len(bench.http.requests) == 2
    assert (report.sent, report.deferred) == (2, 8)
    assert set(bench.queues.deferred.values()) == {9}


def test_a_destination_that_cannot_be_reached_is_called_once(bench):
    bench.answers(RetryLater("destination_unreachable", "no answer: ReadTimeoutError"))
    report = bench.deliver(*bench.put(*(a_profile(f"i#user_id#u{n}") for n in range(1000))))
    assert len(bench.http.requests) == 1
    assert report.deferred == 1000


@pytest.mark.parametrize("status", [301, 401, 403, 404, 410, 451])
def test_a_wrong_key_or_address_needs_a_person_and_loses_nobody(bench, status):
    bench.answers(HttpResponse(status=status, body=b"the key s3cret is wrong"))
    report = bench.deliver(*bench.put(a_profile("i#user_id#x"), a_profile("i#user_id#y")))
    (problem,) = report.problems
    assert (problem.outcome, problem.code, problem.people) == ("needs_human", f"http_{status}", 2)
    assert len(report.keep) == 2
    assert "s3cret" not in repr(report)


def test_a_missing_secret_needs_a_person_and_nothing_is_sent(bench):
    bench.secrets.secrets.clear()
    report = bench.deliver(*bench.put(a_profile()))
    assert (report.problems[0].code, bench.http.requests) == ("secret_missing", [])
    assert report.keep


def test_a_secret_is_not_asked_for_when_there_is_nothing_to_say(bench):
    bench.secrets.failing = NeedsHuman("secret_missing", "gone")
    assert bench.deliver(*bench.put(a_profile(silent=1))).keep == frozenset()


def test_when_time_runs_out_the_rest_comes_again(bench):
    small = msgspec.structs.replace(
        PIGEON, limits=Limits(profiles=1, bytes=10_000, profile_bytes=9_000)
    )
    bench.channel = msgspec.structs.replace(bench.channel, destination=small)

    def slow(_):
        bench.clock.advance(10_000)
        return HttpResponse(status=200)

    bench.http.answer = slow
    messages = bench.put(*(a_profile(f"i#user_id#u{n}") for n in range(10)))
    report = bench.deliver(*messages, budget_ms=25_000)
    assert (report.sent, report.deferred) == (3, 7)


def test_somebody_who_changed_while_being_told_is_looked_at_again(bench):
    """Another invocation may have told the newer state before ours arrived."""
    (message,) = bench.put(a_profile(city="Bern"))

    def answer(_):
        bench.put(a_profile(version=2, city="Chur"))
        return HttpResponse(status=202)

    bench.http.answer = answer
    report = bench.deliver(message)
    assert report.keep == {message.message_id}
    bench.http.answer = lambda _: HttpResponse(status=202)
    bench.deliver(bench.message(KEY, 1, receives=2), bench.message(KEY, 2))
    assert bench.bodies[-1] == [{"email": "a@example.com", "city": "Chur"}]


def test_a_change_of_no_concern_while_being_told_keeps_nothing(bench):
    (message,) = bench.put(a_profile(city="Bern"))

    def answer(_):
        bench.put(a_profile(version=2, city="Bern"))
        return HttpResponse(status=202)

    bench.http.answer = answer
    assert bench.deliver(message).keep == frozenset()


def test_a_try_that_died_after_an_older_send_is_made_good(bench):
    """A tells Chur and dies; the city goes back to Bern, which is what is recorded as told."""
    bench.deliver(*bench.put(a_profile(version=1, city="Bern")))
    (message,) = bench.put(a_profile(version=2, city="Chur"))
    bench.deliveries.failing_replace = RetryLater("deliveries_unavailable", "crash")
    with pytest.raises(RetryLater):
        bench.deliver(message)
    (newer,) = bench.put(a_profile(version=3, city="Bern"))
    bench.deliver(newer)
    bench.deliver(bench.message(KEY, 2, receives=2))
    assert bench.bodies[-1] == [{"email": "a@example.com", "city": "Bern"}]
    assert len(bench.bodies) == 3


def test_rows_hold_digests_and_never_values(bench):
    bench.deliver(*bench.put(a_profile(city="Bern")))
    kept = repr(bench.deliveries.rows)
    assert "Bern" not in kept
    assert "example.com" not in kept


def test_private_addresses_are_allowed_only_by_the_option(bench):
    bench.deliver(*bench.put(a_profile()))
    options = {"base_url": "http://127.0.0.1:9/x/", "allow_private": True}
    bench.channel = msgspec.structs.replace(bench.channel, options=options)
    bench.deliver(*bench.put(a_profile(version=2, city="Chur")))
    assert bench.http.private == [False, True]
    assert bench.http.requests[1].url == "http://127.0.0.1:9/x/people"


@given(st.lists(st.sampled_from(["change", "deliver", "crash", "refuse", "again"]), max_size=25))
def test_after_any_story_the_destination_knows_the_last_state(story):
    """Changes, crashes, refusals and repeats in any order; then quiet: told = true, none dirty."""
    bench = Bench()
    known: dict[str, object] = {}

    def accept(request):
        (person,) = msgspec.json.decode(request.body)
        known.update(person)
        return HttpResponse(status=202)

    version, waiting = 1, {}
    waiting |= {m.message_id: m for m in bench.put(a_profile(version=1, city="0"))}
    for step in [*story, "deliver", "deliver"]:
        bench.http.answer = accept
        if step == "change":
            version += 1
            city = str(version % 3)
            waiting |= {m.message_id: m for m in bench.put(a_profile(version=version, city=city))}
            continue
        if step == "crash":
            bench.deliveries.failing_replace = RetryLater("deliveries_unavailable", "crash")
        if step == "refuse":
            bench.answers(HttpResponse(status=503))
        messages = [msgspec.structs.replace(m, receives=m.receives + 1) for m in waiting.values()]
        try:
            keep = bench.deliver(*messages).keep
        except RetryLater:
            keep = set(waiting)
        bench.deliveries.failing_replace = None
        if step != "again":
            waiting = {m.message_id: m for m in messages if m.message_id in keep}
    assert known["city"] == str(version % 3 if version > 1 else 0)
    assert (waiting, bench.people.dirty) == ({}, {})
