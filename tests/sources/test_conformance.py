"""What every webhook source keeps, found by discovery: nothing here is listed by hand."""

import json
from pathlib import Path

import msgspec
import pytest

from millrace.errors import NeedsHuman, RetryLater
from millrace.events.plan import Plan, validate
from millrace.intake.webhooks import Meaning
from millrace.intake.webhooks.vocabulary import EMAIL
from tests.sources.door import SAMPLES, SOURCES, Door, missing, samples
from tests.sources.signing import NOW_MS, Posted
from tests.sources.vendors import VENDORS

ALL = pytest.mark.parametrize("name", SOURCES)
EVERY_SAMPLE = pytest.mark.parametrize(
    "sample", samples(), ids=lambda sample: f"{sample.source}/{sample.name}"
)
SIGNED_INSIDE = {"mailgun", "ses"}
"""Their signature is inside the JSON: nonsense is not proven to be theirs."""
PROVEN_BY_SECRET = pytest.mark.parametrize(
    "name", [name for name, source in SOURCES.items() if source.needs_secret]
)
MESSAGES = EMAIL | {"unknown"}
ESPS = {"sendgrid", "ses", "mailgun", "postmark", "resend", "mandrill", "brevo", "sparkpost"}


def good(name):
    """A sample of the source that becomes at least one event."""
    return next(sample for sample in samples(name) if sample.events()["events"])


@ALL
def test_the_file_the_name_and_the_samples_are_one_word(name):
    assert SOURCES[name].name == name
    assert SOURCES[name].docs.startswith("https://")
    assert (SAMPLES / name).is_dir()


def test_there_are_no_samples_of_a_source_that_does_not_exist():
    assert {path.name for path in SAMPLES.iterdir()} == set(SOURCES)


def test_every_source_has_its_signer_and_no_signer_is_left_over():
    assert set(VENDORS) == set(SOURCES)


@ALL
def test_a_signer_sets_the_headers_that_it_names(name):
    vendor = VENDORS[name]
    set_by_it = vendor.sign(good(name).content, vendor.secret, NOW_MS).headers
    assert {vendor.signature, vendor.timestamp, vendor.id} - {""} <= set(set_by_it)


@EVERY_SAMPLE
def test_a_sample_becomes_the_events_beside_it(sample):
    accepted = json.loads(sample.out_path.read_text())
    says = f"python3 run.py accept {sample.source}"
    assert sample.events() == accepted, f"read the difference, then: {says}"


@EVERY_SAMPLE
def test_every_event_holds_the_payload_it_came_from(sample):
    door = Door(sample.source)
    door.post(door.sign(sample.content, headers=sample.headers))
    for event in door.sink.events:
        webhook = event.context.get("webhook")
        if webhook is None:  # a call in our own language, passed as it is
            assert sample.source == "segment"
            continue
        assert webhook["vendor"] == sample.source
        assert webhook["payload"]


@EVERY_SAMPLE
def test_the_same_delivery_again_has_the_same_message_ids(sample):
    door = Door(sample.source)
    door.post(door.sign(sample.content, headers=sample.headers))
    first = [event.message_id for event in door.sink.events]
    door.clock.advance(60_000)
    door.post(door.sign(sample.content, headers=sample.headers))
    ids = [event.message_id for event in door.sink.events]
    assert ids == first + first
    assert len(set(first)) == len(first)


@ALL
def test_a_vendor_event_of_unknown_name_is_kept_with_its_payload(name):
    sample = good(name)
    nameless = msgspec.structs.replace(SOURCES[name], events={}, call=lambda _part: None)
    door = Door(name, definition=nameless)
    events = door.take(sample.content, headers=sample.headers)
    names = {nameless.unlisted.format(kind=event.properties["vendor_event"]) for event in events}
    assert {event.name for event in events} == names
    assert all(event.context["webhook"]["payload"] for event in events)


@pytest.mark.parametrize("name", sorted(set(SOURCES) - SIGNED_INSIDE))
def test_a_delivery_that_makes_no_sense_is_kept_byte_for_byte_and_answered_as_taken(name):
    body = b'{"broken": [1, 2' if name != "mandrill" else b'{"broken'
    door = Door(name)
    posted = (
        Posted(b"%zz", query={"secret": VENDORS[name].secret})
        if name == "mailchimp"
        else door.sign(body)
    )
    assert door.post(posted).status == SOURCES[name].answers.taken
    assert [failed.payload for failed in door.failed.kept] == [posted.body]
    assert door.metrics.counts == {"EventsReceived": 1, "EventsFailed": 1}


@ALL
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_probe_is_answered_200_without_a_secret(name, method):
    door = Door(name)
    response = door.post(Posted(b""), method=method)
    assert response.status == 200
    assert door.is_untouched


@ALL
def test_an_unknown_source_is_404(name):
    door = Door(name)
    assert door.post(door.sign(good(name).content), source="nobody").status == 404
    assert door.is_untouched


@ALL
def test_an_unproven_sender_gets_the_code_that_this_vendor_reads_as_final(name):
    door = Door(name)
    sample = good(name)
    response = door.post(door.sign(sample.content, secret=VENDORS[name].other))
    assert response.status == SOURCES[name].answers.refused
    assert 400 <= response.status < 500
    assert response.status != 410
    assert door.is_untouched
    assert door.metrics.counts == {"RequestsRefused": 1}


def test_the_codes_of_a_refusal_are_those_that_the_vendors_do_not_repeat():
    """Mailgun tries seven times more on any other, Postmark ten; SNS takes any 4xx as final."""
    refused = {"mailgun": 406, "postmark": 403, "ses": 403}
    assert {name: SOURCES[name].answers.refused for name in refused} == refused
    assert {source.answers.taken for source in SOURCES.values()} == {200}


@PROVEN_BY_SECRET
@pytest.mark.parametrize("error", [missing("s"), RetryLater("secrets_unavailable", "down")])
def test_without_its_secret_nothing_is_taken_and_the_vendor_is_told_to_come_back(name, error):
    door = Door(name)
    posted = door.sign(good(name).content)
    door.secrets.failing = error
    response = door.post(posted)
    assert response.status == 503
    assert response.headers["retry-after"]
    assert door.is_untouched
    assert door.reported == [error]


@PROVEN_BY_SECRET
@pytest.mark.parametrize("secret", ["", "  ", "\n"])
def test_an_empty_secret_fails_closed(name, secret):
    door = Door(name, secret=secret)
    posted = door.sign(good(name).content)
    assert door.post(posted).status == 503
    assert door.is_untouched
    assert [type(error) for error in door.reported] == [NeedsHuman]


@PROVEN_BY_SECRET
def test_the_old_secret_is_valid_while_it_is_being_rotated(name):
    vendor, sample = VENDORS[name], good(name)
    door = Door(name, secret=f"{vendor.secret}\n{vendor.other}")
    door.take(sample.content, headers=sample.headers, secret=vendor.other)
    assert len(door.take(sample.content, headers=sample.headers, secret=vendor.secret)) >= 2


@ALL
def test_nothing_is_answered_before_the_stream_has_it(name):
    sample = good(name)
    door = Door(name)
    door.sink.refused = frozenset({0})
    response = door.post(door.sign(sample.content, headers=sample.headers))
    assert response.status == 503
    assert response.headers["retry-after"] == "2"


@ALL
def test_a_body_beyond_six_megabytes_is_refused_unread(name):
    door = Door(name)
    assert door.post(Posted(b"x" * 6_000_001)).status == 413
    assert door.is_untouched


@pytest.mark.parametrize("name", sorted(ESPS & set(SOURCES)))
def test_an_esp_speaks_the_one_vocabulary_of_mail(name):
    names = {
        event["name"] for sample in samples(name) for event in sample.events()["events"]
        if event["type"] == "track"
    }  # fmt: skip
    assert names - MESSAGES <= {"Email First Opened", "Contact Deleted"}
    assert len(names & EMAIL) >= 6


def test_a_definition_is_short_enough_to_be_read_at_once():
    import millrace_sources.webhooks

    folder = Path(millrace_sources.webhooks.__file__).parent
    assert {
        p.stem: n for p in folder.glob("*.py") if (n := len(p.read_text().splitlines())) > 100
    } == {}


@ALL
def test_a_name_that_a_source_gives_is_planned_unless_the_source_says_it_is_not(name):
    plan = Plan.of_catalogue()
    given = [
        Meaning(name=meaning) if isinstance(meaning, str) else meaning
        for meaning in SOURCES[name].events.values()
    ]
    says = "say `word.unplanned(...)` in the source, or take the event into the catalogue"
    unknown = {each.name for each in given if each.name and plan.find(each.name) is None}
    assert unknown == {each.name for each in given if not each.is_planned}, says


@EVERY_SAMPLE
def test_a_planned_event_is_as_the_plan_says(sample):
    plan = Plan.of_catalogue()
    door = Door(sample.source)
    door.post(door.sign(sample.content, headers=sample.headers))
    verdicts = [validate(plan, event) for event in door.sink.events]
    assert [each for each in verdicts if each.status == "invalid"] == []
