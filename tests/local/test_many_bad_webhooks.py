"""Every listed document through the real webhook doors of two vendors, properly signed."""

from __future__ import annotations

from collections import Counter

import pytest

from infra.environment import load_environment
from infra.source import Source
from local.engine import CONFIG, Engine
from tests.abuse.inputs import DOCUMENTS
from tests.local.conftest import Asker
from tests.local.test_many_bad_inputs import kept
from tests.sources.vendors import VENDORS

PLAYED = ("segment", "standard")


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    environment = load_environment(CONFIG)
    hooked = {name: Source(secret=VENDORS[name].secret) for name in PLAYED}
    environment = environment.model_copy(update={"sources": {**environment.sources, **hooked}})
    state = tmp_path_factory.mktemp("state")
    with Engine.start(environment=environment, seed=7, state=state, background=False) as running:
        yield running


@pytest.fixture(scope="module")
def statuses(engine):
    """How often each vendor got which answer, after everything has settled."""
    ask, found = Asker(engine), Counter()
    for name in PLAYED:
        vendor = VENDORS[name]
        for document in DOCUMENTS.values():
            posted = vendor.sign(document.raw, vendor.secret, engine.clock.now_ms())
            status, _, _ = ask("POST", f"/v1/webhooks/{name}", posted.body, dict(posted.headers))
            found[name, status] += 1
    assert engine.settle(timeout=120) == {}
    return found


def test_a_proven_vendor_is_told_that_all_is_well_whatever_it_sent(statuses):
    assert statuses == {(name, 200): len(DOCUMENTS) for name in PLAYED}


def test_what_could_not_be_parsed_is_kept_byte_for_byte(statuses, engine):
    found = {payload.strip(b" \t\r\n") for payload in kept(engine)}
    for name, document in DOCUMENTS.items():
        is_list = document.raw.startswith(b"[")  # of which some vendors send any number
        assert not document.is_json or is_list or document.raw.strip(b" \t\r\n") in found, name


def test_a_document_without_a_signature_leaves_nothing_behind(statuses, engine):
    ask, before = Asker(engine), engine.ledger()
    for name in PLAYED:
        for document in list(DOCUMENTS.values())[::10]:
            assert ask("POST", f"/v1/webhooks/{name}", document.raw)[0] == 401
    assert engine.ledger() == before


def test_the_ledger_balances_and_nothing_crashed(statuses, engine):
    ledger = engine.ledger()
    assert (ledger["balance"], engine.metrics().get("UnhandledErrors", 0)) == (0, 0)
    assert ledger["failed"] > len(DOCUMENTS)
