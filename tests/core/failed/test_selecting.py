"""Words select failed events; what selects nothing that exists is refused, not ignored."""

import pytest

from millrace.clock import DAY_MS, HOUR_MS
from millrace.errors import NeedsHuman
from millrace.failed.selecting import Where, prefixes, where_of
from tests.core.failed.conftest import RECEIVED_AT, refused

NOW = RECEIVED_AT + HOUR_MS  # 2026-05-28T21:26:40Z
(FAILED,) = refused({"type": "track", "event": "x"})


@pytest.mark.parametrize(
    ("words", "is_matching"),
    [
        ([], True),
        (["code=no_identifier"], True),
        (["code=unknown_type"], False),
        (["code=unknown_type|no_identifier", "source=website,stage=intake"], True),
        (["code=no_identifier", "source=server"], False),
        (["since=2h"], True),
        (["since=30m"], False),
        (["since=2026-05-28"], True),
        (["until=2026-05-28"], False),
        (["since=2026-05-28T20:00:00Z", "until=2026-05-28T21:00:00Z"], True),
    ],
)
def test_words_select(words, is_matching):
    assert where_of(words, NOW).matches(FAILED) is is_matching


def test_since_is_inclusive_and_until_is_not():
    assert Where(since=RECEIVED_AT).matches(FAILED)
    assert not Where(until=RECEIVED_AT).matches(FAILED)


@pytest.mark.parametrize(
    "words", [["colour=red"], ["code"], ["code="], ["since=yesterday"], ["code=a", "code=b"]]
)
def test_a_word_that_selects_nothing_is_refused(words):
    with pytest.raises(NeedsHuman) as raised:
        where_of(words, NOW)
    assert raised.value.code == "bad_selection"


def test_a_selection_by_time_reads_only_its_days():
    assert list(prefixes(Where(), NOW)) == ["failed_events/"]
    assert list(prefixes(where_of(["since=1d"], NOW), NOW)) == [
        "failed_events/day=2026-05-27/",
        "failed_events/day=2026-05-28/",
        "failed_events/day=2026-05-29/",
    ]
    where = Where(since=NOW - 3 * DAY_MS, until=NOW - 3 * DAY_MS + HOUR_MS)
    assert list(prefixes(where, NOW)) == ["failed_events/day=2026-05-25/"]
