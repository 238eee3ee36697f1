"""Statistics tell what can be told without opening anything."""

from millrace.clock import DAY_MS
from millrace.failed.model import Summary, id_of, key_of
from millrace.failed.statistics import SAMPLES, statistics


def summary(number, code="no_identifier", **more):
    fields = {
        "id": f"id{number}", "stage": "intake", "code": code, "pointer": "", "source": "website",
        "schema_version": "1", "received_at": number * DAY_MS, "request_id": "r",
    }  # fmt: skip
    return Summary(**{**fields, **more})


def test_the_largest_group_is_first_with_its_newest_as_samples():
    found = statistics([summary(0, code="unknown_type"), *[summary(n) for n in range(5)]])
    first, second = found.groups
    assert (first.code, first.count, second.count) == ("no_identifier", 5, 1)
    assert first.samples == ("id4", "id3", "id2")[:SAMPLES]
    assert (first.first_at, first.last_at) == (0, 4 * DAY_MS)
    assert found.total == 6
    assert found.days == {
        "1970-01-01": 2, "1970-01-02": 1, "1970-01-03": 1, "1970-01-04": 1, "1970-01-05": 1,
    }  # fmt: skip


def test_another_source_is_another_group():
    assert len(statistics([summary(0), summary(1, source="server")]).groups) == 2


def test_an_id_leads_back_to_its_key():
    key = f"failed_events/day=2026-11-22/hour=03/{'a' * 40}.json"
    assert id_of(key) == f"2026-11-22T03-{'a' * 40}"
    assert key_of(id_of(key)) == key
    assert id_of("failed_events/else") == ""
