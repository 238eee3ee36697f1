"""Event time: Segment's skew rule, over clocks that are wrong and spellings that differ."""

import pytest

from millrace.clock import DAY_MS, HOUR_MS
from millrace.intake.times import event_time, parse_time

RECEIVED = 1_780_000_000_000  # 2026-05-28T20:26:40Z


@pytest.mark.parametrize(
    "spelling",
    [
        "2026-05-28T20:26:40Z",
        "2026-05-28T20:26:40z",
        "2026-05-28t20:26:40.000Z",
        "2026-05-28T20:26:40.000000+00:00",
        "2026-05-28T20:26:40.000000000Z",
        "2026-05-28T20:26:40",
        "2026-05-28 20:26:40",
        "2026-05-28T22:26:40+02:00",
        "2026-05-28T15:56:40-0430",
        "20260528T202640Z",
        "  2026-05-28T20:26:40Z\n",
        1_780_000_000,
        1_780_000_000.0,
        1_780_000_000_000,
        "1780000000",
        "1780000000000",
        "1780000000.000",
    ],
)
def test_every_usual_spelling_is_the_same_moment(spelling):
    assert parse_time(spelling) == RECEIVED


@pytest.mark.parametrize(
    ("spelling", "milliseconds"),
    [
        ("2026-05-28T20:26:40.123Z", RECEIVED + 123),
        ("2026-05-28T20:26:40,5Z", RECEIVED + 500),
        ("2026-05-28T20:26:40.123999+00:00", RECEIVED + 123),
        (1_780_000_000.25, RECEIVED + 250),
        ("2026-05-28", RECEIVED - 73_600_000),
        ("20260528", RECEIVED - 73_600_000),
        ("1712010112345", 1_712_010_112_345),
    ],
)
def test_fractions_and_bare_dates_are_exact(spelling, milliseconds):
    assert parse_time(spelling) == milliseconds


@pytest.mark.parametrize(
    "garbage",
    [
        None, "", " ", "now", "yesterday", "2026-13-01", "2026-05-28T25:00:00Z", True, False, [],
        {}, -1, 0, "0", "-5", "1969-12-31T23:59:59Z", "0001-01-01T00:00:00+05:00",
        "9999-12-31T23:59:59-05:00", float("nan"), float("inf"), 10**30, "9" * 400, "1e10", "١٢",
    ],
)  # fmt: skip
def test_what_is_no_time_after_1970_is_none(garbage):
    assert parse_time(garbage) is None


@pytest.mark.parametrize("skew", [0, 600_000, -600_000, 366 * DAY_MS, -3_650 * DAY_MS])
@pytest.mark.parametrize("age", [0, 1, 5_000, 30 * DAY_MS])
def test_a_wrong_clock_does_not_move_an_event(skew, age):
    sent = RECEIVED + skew
    assert event_time(sent - age, sent, RECEIVED) == (RECEIVED - age, False)


@pytest.mark.parametrize(
    ("original", "sent", "expected"),
    [
        (None, None, (RECEIVED, False)),
        (None, RECEIVED, (RECEIVED, False)),
        (RECEIVED - HOUR_MS, None, (RECEIVED - HOUR_MS, False)),
        (RECEIVED + HOUR_MS, None, (RECEIVED + HOUR_MS, False)),
        (RECEIVED + DAY_MS, None, (RECEIVED + DAY_MS, False)),
        (RECEIVED + DAY_MS + 1, None, (RECEIVED + DAY_MS, True)),
        (RECEIVED + 400 * DAY_MS, RECEIVED, (RECEIVED + DAY_MS, True)),
        (RECEIVED + 3, RECEIVED, (RECEIVED + 3, False)),
        (1, RECEIVED + 10, (1, False)),
        (1, 253_402_300_799_999, (1, False)),
        (253_402_300_799_999, None, (RECEIVED + DAY_MS, True)),
        (253_402_300_799_999, 253_402_300_799_000, (RECEIVED + 999, False)),
    ],
)
def test_the_skew_rule_and_its_clamp(original, sent, expected):
    assert event_time(original, sent, RECEIVED) == expected


def test_a_retry_with_a_new_sent_at_does_not_move_an_event(intake):
    item = {"userId": "u1", "event": "e", "timestamp": "2026-05-28T20:00:00Z"}
    intake.post("track", {**item, "sentAt": "2026-05-28T20:26:40Z"})
    intake.clock.advance(HOUR_MS)
    intake.post("track", {**item, "sentAt": "2026-05-28T21:26:40Z"})
    first, second = intake.sink.events
    assert first.event_at == second.event_at == RECEIVED - 1_600_000
    assert first.original_at == second.original_at == RECEIVED - 1_600_000
    assert (first.received_at, second.received_at) == (RECEIVED, RECEIVED + HOUR_MS)


@pytest.mark.parametrize(
    ("fields", "event_at", "original_at", "flags"),
    [
        ({}, RECEIVED, 0, ()),
        ({"timestamp": "garbage"}, RECEIVED, 0, ("timestamp_unreadable",)),
        (
            {"timestamp": RECEIVED - 5, "sentAt": "?"},
            RECEIVED - 5,
            RECEIVED - 5,
            ("sent_at_unreadable",),
        ),
        ({"timestamp": "2040-01-01"}, RECEIVED + DAY_MS, 2_208_988_800_000, ("future_clamped",)),
        ({"originalTimestamp": RECEIVED - 9}, RECEIVED - 9, RECEIVED - 9, ()),
        ({"timestamp": "9999-12-31"}, RECEIVED + DAY_MS, 253_402_214_400_000, ("future_clamped",)),
        ({"timestamp": "-0001-01-01"}, RECEIVED, 0, ("timestamp_unreadable",)),
        ({"timestamp": -5}, RECEIVED, 0, ("timestamp_unreadable",)),
        ({"timestamp": 5}, 5_000, 5_000, ()),
        ({"timestamp": RECEIVED // 1000}, RECEIVED, RECEIVED, ()),
        ({"timestamp": "1970-01-02", "sentAt": RECEIVED}, 86_400_000, 86_400_000, ()),
        (
            {"timestamp": "2020-01-01", "originalTimestamp": RECEIVED, "sentAt": RECEIVED},
            1_577_836_800_000,
            1_577_836_800_000,
            (),
        ),
    ],
)  # fmt: skip
def test_times_of_an_event(intake, fields, event_at, original_at, flags):
    event = intake.one("track", {"messageId": "m", "userId": "u1", "event": "e", **fields})
    assert (event.event_at, event.original_at, event.flags) == (event_at, original_at, flags)


def test_the_sent_at_of_an_item_wins_over_that_of_its_batch(intake):
    item = {"type": "track", "userId": "u1", "event": "e", "timestamp": RECEIVED - 1_000}
    batch = [item, {**item, "sentAt": RECEIVED - 500}]
    intake.post("batch", {"batch": batch, "sentAt": RECEIVED - 100})
    assert [event.event_at - RECEIVED for event in intake.sink.events] == [-900, -500]
