"""Every sample of every webhook source through the real door: counted once, however often sent."""

from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

import pytest

from infra.environment import load_environment
from infra.source import Source
from infra.synth import LOCAL_CONFIG
from local.engine import Engine
from tests.sources.door import SOURCES, samples
from tests.sources.signing import URL
from tests.sources.vendors import VENDORS

NEEDS_AMAZON = {"ses"}
"""Its certificate would be fetched from Amazon."""
PLAYED = sorted(set(SOURCES) - NEEDS_AMAZON)


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    environment = load_environment(LOCAL_CONFIG)
    hooked = {name: Source(secret=VENDORS[name].secret, url=URL) for name in PLAYED}
    environment = environment.model_copy(update={"sources": {**environment.sources, **hooked}})
    state = tmp_path_factory.mktemp("state")
    with Engine.start(environment=environment, seed=7, state=state, background=False) as running:
        yield running


def post(engine, sample):
    vendor = VENDORS[sample.source]
    posted = vendor.sign(sample.content, vendor.secret, engine.clock.now_ms())
    path = f"/v1/webhooks/{sample.source}"
    connection = HTTPConnection(urlsplit(engine.url).netloc, timeout=60)
    try:
        connection.request(
            "POST",
            f"{path}?{urlencode(posted.query)}" if posted.query else path,
            posted.body,
            {"Content-Type": "application/json", **posted.headers, **sample.headers},
        )
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def post_all(engine):
    for name in PLAYED:
        for sample in samples(name):
            assert post(engine, sample) == (200, b'{"success":true}'), sample.path
    engine.settle()
    return engine.ledger()


def test_every_event_is_applied_once_and_sent_again_it_changes_nothing(engine):
    expected = [sample.events() for name in PLAYED for sample in samples(name)]
    events = [event for each in expected for event in each["events"]]
    failed = sum(len(each["failed"]) for each in expected)
    once = post_all(engine)
    assert once["balance"] == 0
    assert once["received"] == len(events) + failed
    assert once["failed"] == failed
    assert once["applied"] + once["duplicate"] == len(events)
    twice = post_all(engine)
    assert twice["balance"] == 0
    assert twice["applied"] == once["applied"]
    assert twice["received"] == 2 * once["received"]


def test_no_address_in_a_webhook_is_at_rest_in_clear(engine):
    post(engine, next(sample for sample in samples("sendgrid")))
    engine.settle()
    sinks = list(engine.sinks())
    assert len(sinks) > 10
    assert not [sink for sink in sinks if b"example@test.com" in sink]
