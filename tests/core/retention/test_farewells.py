"""Whom retention emptied is deleted at the destinations that were told of them, unless back."""

from __future__ import annotations

import pytest

from millrace.activation import Delivery
from millrace.clock import DAY_MS
from millrace.errors import RetryLater
from tests.core.profiles.stories import NOON, event
from tests.core.retention.houses import House

QUARTER = 15 * 60 * 1000


@pytest.fixture
def house():
    made = House()
    made.world.apply(
        event("1", anonymous="anon"),
        event("2", user="ada", anonymous="anon", email="ada@example.com", kind="identify"),
    )
    told = Delivery(digest="d", version=1, at=NOON)
    made.deliveries.rows["klaviyo", made.profile().key] = told
    made.later()
    made.everything()
    return made


def after_a_quarter(house):
    house.later(QUARTER)
    return house.deliver()


def certificates(house):
    return [each.certificate for each in house.erasures.kept.values()]


def test_who_was_told_is_asked_by_every_identifier_once_and_gives_a_receipt(house):
    assert house.forgetting.asked == [], "sends that are under way have their quarter of an hour"
    after_a_quarter(house)
    ((name, leaver),) = house.forgetting.asked
    assert name == "klaviyo"
    assert leaver.identifiers == {
        "anonymous_id": ("anon",),
        "email": ("ada@example.com",),
        "user_id": ("ada",),
    }
    assert len(leaver.profile_ids) == 3
    after_a_quarter(house)
    assert len(house.forgetting.asked) == 1
    (certificate,) = certificates(house)
    assert certificate["outcome"] == "asked"
    assert [each["status"] for each in certificate["destinations"]] == ["asked"]
    assert house.messages.bodies == []


def test_what_names_the_person_lies_sealed_and_only_until_it_is_done(house):
    (kept,) = house.erasures.kept.values()
    assert b"ada" not in kept.sealed
    assert kept.reason == "retention"
    after_a_quarter(house)
    after_a_quarter(house)
    (kept,) = house.erasures.kept.values()
    assert (kept.sealed, kept.is_done) == (b"", True)


def test_a_destination_that_does_not_answer_is_asked_until_it_does(house):
    house.forgetting.late["klaviyo"] = RetryLater("forget_later", "429")
    assert [error.code for error in after_a_quarter(house)] == ["forget_later"]
    house.forgetting.late.clear()
    assert after_a_quarter(house) == []
    assert len(house.forgetting.asked) == 1


def test_retention_is_no_ban_no_tombstone_no_key_and_no_entry_in_the_ledger(house):
    after_a_quarter(house)
    after_a_quarter(house)
    assert not any(row.is_tombstone for row in house.world.store.rows.values())
    assert not any(subject.is_erased for subject in house.world.subjects.items.values())
    assert house.ledger.chains == {}
    house.come_back()
    assert house.profile().counters == {"Product Viewed": 1}


@pytest.mark.parametrize("names", [{"user": "ada"}, {"user": "new", "email": "ada@example.com"}])
def test_who_is_back_before_anybody_is_asked_stays_where_they_were_told(house, names):
    house.come_back(**names)
    after_a_quarter(house)
    assert house.forgetting.asked == []
    assert [each["outcome"] for each in certificates(house)] == ["returned"]
    assert house.messages.bodies == []


def test_who_comes_back_after_that_is_told_anew_once_the_deletion_is_over(house):
    after_a_quarter(house)
    house.come_back()
    root = house.profile().key
    house.deliveries.rows["klaviyo", root] = Delivery(digest="new", version=9, at=NOON)
    house.world.store.clear_dirty(root, "klaviyo", house.world.store.rows[root].version)
    after_a_quarter(house)
    assert house.deliveries.rows == {}
    row = house.world.store.rows[root]
    assert row.dirty == {"klaviyo": row.version}
    assert house.profile().counters == {"Product Viewed": 1}


def test_nobody_is_asked_to_delete_whom_they_never_heard_of():
    house = House()
    house.world.apply(event("1", user="ada"))
    house.later()
    house.everything()
    assert house.erasures.kept == {}
    assert house.messages.bodies == []


def test_a_destination_that_is_no_longer_configured_is_not_asked(house):
    house.forgetting.names = ("webhook",)
    after_a_quarter(house)
    after_a_quarter(house)
    assert [each["outcome"] for each in certificates(house)] == ["asked"]


def test_an_event_that_wins_against_the_emptying_keeps_the_person_at_destinations():
    house = House()
    house.world.apply(event("1", user="ada"))
    house.deliveries.rows["klaviyo", house.profile().key] = Delivery(digest="d", version=1, at=NOON)
    house.later()

    def comes_back(call):
        if call == "drop_deliveries":
            house.come_back()

    house.attic.before = comes_back
    assert house.retain(pages=9).returned == 1
    after_a_quarter(house)
    assert house.forgetting.asked == []


def test_after_a_crash_before_the_emptying_they_are_asked_all_the_same_and_emptied_next():
    house = House()
    house.world.apply(event("1", user="ada"))
    house.deliveries.rows["klaviyo", house.profile().key] = Delivery(digest="d", version=1, at=NOON)
    house.later()

    def crash(call):
        if call == "drop_deliveries":
            raise RetryLater("crash", call)

    house.attic.before = crash
    with pytest.raises(RetryLater):
        house.everything()
    house.attic.before = lambda call: None
    after_a_quarter(house)
    assert len(house.forgetting.asked) == 1
    house.later(DAY_MS)
    assert house.everything() == 1
