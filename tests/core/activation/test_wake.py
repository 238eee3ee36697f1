"""Which changes of the profiles table wake whom."""

from __future__ import annotations

import json

from millrace.activation import MarksChange, Wake, wake, wake_body
from tests.fakes.queues import MemoryQueues

ALL = ("klaviyo", "webhook")


def a_change(number: int, key: str = "i#user_id#a", before=None, after=None) -> MarksChange:
    return MarksChange(sequence_number=str(number), key=key, before=before or {}, after=after or {})


def woken(*changes, refused=(), destinations=ALL):
    queues = MemoryQueues(refused)
    return wake(list(changes), queues, destinations=destinations), queues.sent


def test_a_new_mark_wakes_its_destination():
    retry, sent = woken(a_change(1, after={"klaviyo": 1, "webhook": 1}))
    assert retry == []
    assert {(w.destination, w.version) for w in sent} == {("klaviyo", 1), ("webhook", 1)}


def test_a_raised_mark_wakes_again_and_an_old_one_does_not():
    _, sent = woken(
        a_change(1, before={"klaviyo": 1, "webhook": 3}, after={"klaviyo": 2, "webhook": 3})
    )
    assert [(w.destination, w.version) for w in sent] == [("klaviyo", 2)]


def test_clearing_a_mark_wakes_nobody():
    assert woken(a_change(1, before={"klaviyo": 2}, after={})) == ([], [])


def test_a_person_is_woken_once_for_each_batch_with_the_newest_version():
    _, sent = woken(*(a_change(n, after={"klaviyo": n}) for n in (1, 2, 3)))
    assert sent == [Wake(destination="klaviyo", key="i#user_id#a", version=3)]


def test_a_destination_without_a_queue_is_left_alone():
    assert woken(a_change(1, after={"braze": 1}), destinations=("klaviyo",)) == ([], [])


def test_what_could_not_be_sent_is_tried_again_from_its_record_on():
    changes = [a_change(n, key=f"i#user_id#{n}", after={"klaviyo": n}) for n in range(5)]
    retry, sent = woken(*changes, refused=["i#user_id#2", "i#user_id#4"])
    assert retry == ["2", "4"]
    assert len(sent) == 3


def test_a_message_holds_a_key_and_a_version_and_nothing_else():
    body = json.loads(wake_body(Wake(destination="klaviyo", key="i#email#tok", version=7)))
    assert body == {"destination": "klaviyo", "key": "i#email#tok", "version": 7}
