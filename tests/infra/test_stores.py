"""docs/reference/retention.md says what the template does, for every store that there is."""

from __future__ import annotations

import copy

import pytest

from infra.environment import Environment, Retention, load_environment
from infra.store_page import PAGE, page, terms, undescribed
from infra.stores import STORES
from infra.synth import LOCAL_CONFIG

KNOBS = [store for store in STORES if store.knob]


def test_the_page_is_what_a_synth_would_write(assembly):
    assert PAGE.read_text() == page(assembly.resources), "run `python3 run.py synth --update`"


def test_a_store_that_is_not_described_stops_the_page(assembly):
    assert list(undescribed(assembly.resources)) == []
    resources = dict(assembly.resources)
    resources["Secret12345678"] = resources["ProfilesTable43079065"]
    with pytest.raises(ValueError, match="Secret12345678"):
        page(resources)
    lake = copy.deepcopy(resources["LakeBucketB1D32E10"])
    lake["Properties"]["LifecycleConfiguration"]["Rules"][0]["Prefix"] = "more/"
    assert list(undescribed({"LakeBucketB1D32E10": lake})) == ["LakeBucketB1D32E10 more/"]


def test_a_store_without_any_term_stops_the_page(assembly):
    resources = copy.deepcopy(dict(assembly.resources))
    parked = next(name for name in resources if name.startswith("IntakeParked"))
    del resources[parked]["Properties"]["LifecycleConfiguration"]
    with pytest.raises(ValueError, match="parked batches"):
        page(resources)


def test_a_retention_that_nothing_runs_stops_the_page(assembly):
    resources = {n: r for n, r in assembly.resources.items() if r["Type"] != "AWS::Events::Rule"}
    with pytest.raises(ValueError, match="no schedule"):
        page(resources)


def test_every_knob_there_is_belongs_to_a_store_and_has_the_term_of_the_template(assembly):
    assert {store.knob for store in KNOBS} == set(Retention.model_fields)
    defaults = Retention()
    for store in KNOBS:
        ((number, _),) = terms(store, assembly.resources)
        assert number == getattr(defaults, store.knob), store.name


def test_every_store_without_a_term_says_why(assembly):
    endless = [store for store in STORES if not terms(store, assembly.resources)]
    names = {store.name for store in endless}
    assert names == {
        "subjects",
        "suppressions",
        "ledger",
        "webhook tokens",
        "erasures",
        "journal of replays",
    }
    assert all(store.until and len(store.by.split()) > 8 for store in endless)


@pytest.mark.slow
def test_each_knob_sets_the_term_of_its_own_stores_and_of_no_other(other):
    odd = {"stream_hours": 25, "logs_days": 14, "failed_events_days": 101, "parked_days": 103}
    odd |= {"access_logs_days": 107, "profiles_days": 109, "lake_days": 113}
    odd |= {"ledger_roots_days": 127}
    told = load_environment(LOCAL_CONFIG).model_dump() | {"retention": odd}
    made = other(Environment.model_validate(told))
    for store in KNOBS:
        ((number, _),) = terms(store, made.resources)
        assert number == odd[store.knob], store.name
