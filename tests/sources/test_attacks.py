"""Nothing unproven gets in: at least 23 attacks per source, and every bit of a signed body."""

import json

import msgspec
import pytest

from millrace.errors import MillraceError, RetryLater
from millrace.http import Request
from millrace.intake.webhooks import Delivery
from tests.sources import attacks, sns_attacks
from tests.sources.door import SOURCES, Door, samples
from tests.sources.signing import NOW_MS, URL, Posted
from tests.sources.vendors import VENDORS
from tests.sources.vendors.ses import TOPIC, sns_message, sns_signed

SIGNS_ITS_BODY = [
    name for name, vendor in VENDORS.items() if vendor.signature and name != "mandrill"
]


def small(name):
    """The shortest sample that becomes an event."""
    found = [sample for sample in samples(name) if sample.events()["events"]]
    return min(found, key=lambda sample: len(sample.content))


def attempts(name):
    sample = small(name)
    if VENDORS[name].signature:
        return attacks.on_a_signature(name, sample.content, NOW_MS, sample.headers)
    if name == "ses":
        return sns_attacks.all_of_them(sample.content)
    if name == "mailgun":
        return sns_attacks.on_mailgun(sample.content)
    return dict(attacks.on_a_shared_secret(name, sample.content, NOW_MS))


@pytest.mark.parametrize("name", SOURCES)
def test_the_request_that_the_attacks_start_from_is_taken(name):
    sample = small(name)
    assert Door(name).take(sample.content, headers=sample.headers)


@pytest.mark.parametrize("name", SOURCES)
def test_no_attack_gets_in(name):
    tried = attempts(name)
    assert len(tried) >= 23
    door = Door(name)
    taken = {
        label: response.status
        for label, posted in tried.items()
        if (response := door.post(posted)).status != SOURCES[name].answers.refused
    }
    assert taken == {}
    assert door.is_untouched
    assert door.metrics.counts == {"RequestsRefused": len(tried)}


@pytest.mark.parametrize("name", SOURCES)
def test_a_refusal_tells_nothing_of_what_would_have_been_right(name):
    door, vendor, sample = Door(name), VENDORS[name], small(name)
    right = door.sign(sample.content)
    for posted in attempts(name).values():
        said = door.post(posted).body.decode()
        assert vendor.secret not in said or vendor.secret in name
        assert not [value for value in right.headers.values() if len(value) > 12 and value in said]


@pytest.mark.parametrize(
    ("told", "changes"),
    [
        ("signature_mismatch", {"secret": VENDORS["mailgun"].other}),
        ("timestamp_out_of_tolerance", {"at": NOW_MS - 10 * attacks.DAY}),
    ],
)
def test_a_refusal_is_of_the_way_that_was_tried_where_there_are_several(told, changes):
    """Mailgun signs for the account or for its parent; what is missing of one is no news."""
    door = Door("mailgun")
    answer = door.post(door.sign(small("mailgun").content, **changes))
    assert json.loads(answer.body)["code"] == told


def delivery(name, posted):
    return Delivery(
        source=name,
        request=Request(
            method="POST",
            path="/",
            route="",
            headers={key.lower(): value for key, value in posted.headers.items()},
            body=posted.body,
        ),
        received_at=NOW_MS,
        certificates=Door(name).certificates,
        secrets=(VENDORS[name].secret,),
        url=URL,
        topics=frozenset({TOPIC}),
    )


def is_proven(name, posted):
    try:
        SOURCES[name].verify.check(delivery(name, posted))
    except MillraceError:
        return False
    return True


def flipped(raw):
    for position in range(len(raw)):
        for bit in range(8):
            changed = bytearray(raw)
            changed[position] ^= 1 << bit
            yield bytes(changed)


@pytest.mark.parametrize("name", SIGNS_ITS_BODY)
def test_no_flipped_bit_of_a_signed_body_gets_in(name):
    posted = Door(name).sign(small(name).content[:400] if name != "segment" else b'{"a":1}')
    assert is_proven(name, posted)
    proven = [body for body in flipped(posted.body) if is_proven(name, posted.but(body=body))]
    assert proven == []


def test_no_flipped_bit_of_mandrills_signed_form_gets_in():
    events = [{"event": "open", "_id": "1", "ts": 1769442354, "msg": {"email": "a@example.com"}}]
    content = msgspec.json.encode(events)
    posted = Door("mandrill").sign(content)
    assert is_proven("mandrill", posted)
    for changed in flipped(content):
        body = b"mandrill_events=" + b"".join(b"%%%02X" % byte for byte in changed)
        assert not is_proven("mandrill", posted.but(body=body))


@pytest.mark.parametrize("version", ["1", "2"])
def test_no_flipped_bit_of_a_field_that_sns_signs_gets_in(version):
    message = sns_message(Message='{"a":1}', SignatureVersion=version, Subject="s")
    signed = json.loads(sns_signed(message).body)
    assert is_proven("ses", Posted(json.dumps(signed).encode()))
    for name in ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"):
        for changed in flipped(signed[name].encode()):
            fields = {**signed, name: changed.decode("latin-1")}
            assert not is_proven("ses", Posted(json.dumps(fields).encode())), (name, changed)


def test_no_flipped_bit_of_the_text_that_mailgun_signs_gets_in():
    signed = json.loads(Door("mailgun").sign(small("mailgun").content).body)
    assert is_proven("mailgun", Posted(json.dumps(signed).encode()))
    for name in ("token", "timestamp", "signature"):
        for changed in flipped(signed["signature"][name].encode()):
            fields = {**signed["signature"], name: changed.decode("latin-1")}
            body = json.dumps({**signed, "signature": fields}).encode()
            assert not is_proven("mailgun", Posted(body)), (name, changed)


def forged_from(posted, **signatures):
    """Another event about somebody else, under the signatures of `posted`."""
    forged = {**json.loads(posted.body), **signatures}
    forged["event-data"] |= {"event": "unsubscribed", "recipient": "victim@example.com"}
    return Posted(json.dumps(forged).encode())


def test_a_replayed_mailgun_token_says_nothing_about_anybody_else():
    door = Door("mailgun")
    posted = door.sign(small("mailgun").content)
    door.take(posted)
    answer = door.post(forged_from(posted))
    assert (answer.status, json.loads(answer.body)["code"]) == (406, "token_reused")
    assert [event.anchor.value for event in door.sink.events] != ["victim@example.com"]
    assert len(door.sink.events) == 1


def test_a_replayed_token_of_a_parent_account_does_not_hide_behind_a_fresh_one():
    door = Door("mailgun")
    posted = door.sign(small("mailgun").content)
    parent = json.loads(posted.body)["signature"]
    mine = {"token": "x" * 50, "timestamp": parent["timestamp"], "signature": "0" * 64}
    both = {**json.loads(posted.body), "signature": mine, "parent-signature": parent}
    door.take(Posted(json.dumps(both).encode()))
    fresh = {"signature": {**mine, "token": "y" * 50}, "parent-signature": parent}
    assert door.post(forged_from(posted, **fresh)).status == 406
    assert len(door.sink.events) == 1


def test_mailguns_own_retry_is_taken_in_whatever_order_its_keys_come():
    door = Door("mailgun")
    posted = door.sign(small("mailgun").content)
    door.take(posted)
    again = json.dumps(dict(reversed(json.loads(posted.body).items())), indent=1).encode()
    first, second = door.take(Posted(again))
    assert first.message_id == second.message_id
    late_ms = door.clock.now_ms() + 25 * 3_600_000
    assert all(until > late_ms for until in door.tokens.kept_until.values())


def test_while_no_token_can_be_claimed_mailgun_is_told_to_come_back():
    door = Door("mailgun")
    door.tokens.failing = RetryLater("tokens_unavailable", "down")
    response = door.post(door.sign(small("mailgun").content))
    assert response.status == 503
    assert response.headers["retry-after"]
    assert door.is_untouched


def test_a_header_of_stripe_with_two_times_is_ambiguous_and_refused():
    door = Door("stripe")
    posted = door.sign(small("stripe").content)
    twice = posted.headers["Stripe-Signature"] + ",t=1"
    assert door.post(posted.but(headers={"Stripe-Signature": twice})).status == 401


def test_a_batch_of_segment_needs_the_secret_because_only_its_first_event_is_signed():
    first, forged = b'{"type":"track","event":"a","userId":"u"}', b'{"type":"track","userId":"v"}'
    door = Door("segment")
    signature = door.sign(first).headers
    assert door.post(Posted(b"[" + first + b"," + forged + b"]", signature)).status == 401
    assert door.is_untouched
    bearer = {"Authorization": f"Bearer {VENDORS['segment'].secret}"}
    assert door.post(Posted(b"[" + first + b"]", bearer)).status == 200


def test_a_webhook_that_hands_on_whole_calls_hands_on_no_operation():
    forged = b'{"type":"operation","event":"identity.block","userId":"u","messageId":"m"}'
    door = Door("segment")
    assert door.post(door.sign(forged)).status == 200
    assert [event.type for event in door.sink.events] == ["track"]


def test_the_test_secret_that_zendesk_publishes_is_no_secret():
    door = Door("zendesk", secret="dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==")
    posted = door.sign(
        small("zendesk").content, secret="dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="
    )
    assert door.post(posted).status == 503
    assert door.is_untouched


@pytest.mark.parametrize("name", ["hubspot", "mandrill"])
def test_a_signature_over_the_address_needs_the_registered_address(name):
    door = Door(name, url="")
    sample = small(name)
    assert door.post(door.sign(sample.content)).status == 503
    assert door.is_untouched
    assert door.reported[0].code == "url_missing"


@pytest.mark.parametrize("body", [b"mandrill_events=%5B%5D"])
def test_mandrills_probe_under_its_public_key_is_answered_and_does_nothing(body):
    door = Door("mandrill")
    assert door.post(Posted(body, {"X-Mandrill-Signature": "test-webhook"})).status == 200
    assert door.is_untouched


@pytest.mark.parametrize(
    ("name", "body"), [("sparkpost", b'[{"msys": {}}]'), ("woocommerce", b"webhook_id=7")]
)
def test_a_probe_by_post_is_answered_and_does_nothing(name, body):
    door = Door(name)
    assert door.post(Posted(body)).status == 200
    assert door.is_untouched
