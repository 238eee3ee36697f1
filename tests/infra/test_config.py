"""The config file: its defaults, and what it says when it is wrong."""

import tomllib

import pytest

import millrace_destinations
from infra import ROOT
from infra.consent import rules
from infra.environment import Environment, load_environment
from infra.reference import REFERENCE, reference
from infra.runtime_values import local_secrets
from infra.source import Source
from infra.traits import Trait
from millrace.activation import Destination
from millrace.errors import NeedsHuman
from millrace.registry import discover

CONFIG = ROOT / "config"
DESTINATIONS = discover(millrace_destinations, Destination)


@pytest.fixture
def refusal(tmp_path):
    """What loading a text says."""

    def load(text):
        path = tmp_path / "stage.toml"
        path.write_text(text)
        with pytest.raises(NeedsHuman) as caught:
            load_environment(path)
        assert caught.value.code == "bad_config"
        return caught.value.message.replace(str(path), "stage.toml")

    return load


@pytest.mark.parametrize("name", sorted(path.name for path in CONFIG.glob("*.toml")))
def test_every_config_in_the_folder_is_accepted(name):
    assert load_environment(CONFIG / name).sources


def test_the_minimal_config_is_minimal():
    lines = (CONFIG / "minimal.toml").read_text().splitlines()
    assert len([line for line in lines if line and not line.startswith("#")]) <= 8


def test_the_reference_is_what_a_synth_would_write():
    assert REFERENCE.read_text() == reference(), "run `python3 run.py synth --update`"


def test_the_reference_shows_every_knob_with_its_default():
    shown = tomllib.loads(REFERENCE.read_text())
    defaults = Environment(sources={"website": Source()}).model_dump(mode="json")
    assert shown.pop("destinations").keys() == DESTINATIONS.keys()
    assert shown.pop("traits") == {"loyalty_points": Trait().model_dump(mode="json")}
    shown["consent"]["purposes"] = rules_of(shown["consent"]["purposes"])
    defaults["consent"]["purposes"] = {"analytics": rules_of({})["analytics"]}
    del defaults["destinations"], defaults["traits"]
    assert shown == defaults


def rules_of(purposes):
    """What the functions are told of purposes."""
    stated = {"sources": {"web": {}}, "consent": {"purposes": purposes}}
    known = rules(Environment.model_validate(stated)).purposes
    return {name: known[name] for name in purposes or known}


def test_what_is_kept_for_a_purpose_is_one_of_the_kinds_there_are(refusal):
    told = refusal('[sources.web]\n[consent.purposes.analytics]\nkeeps = ["traits"]\n')
    assert "line 3" in told
    assert "behaviour, computed" in told


def test_a_purpose_keeps_what_its_defaults_say_unless_it_is_told_otherwise():
    known = rules_of({"analytics": {"withdrawn_days": 0}})["analytics"]
    assert (known.keeps, known.withdrawn_days) == (["behaviour", "computed"], 0)
    assert known.basis == "legitimate_interest"


def test_the_policy_of_a_trait_is_one_of_those_there_are(refusal):
    assert "`traits.plan.policy`" in refusal('[traits.plan]\npolicy = "newest"\n')
    assert "traits" in refusal('[traits."a*b"]\npolicy = "sum"\n')


def test_the_local_config_plays_the_destinations_that_ship():
    environment = load_environment(CONFIG / "local.toml")
    assert environment.destinations.keys() >= {"klaviyo", "webhook"}
    assert environment.sources["server"].priority > environment.sources["website"].priority
    named = len({"website", "server"}) + len(environment.destinations)
    assert len(local_secrets(environment)) == named + len({"consent", "personalization"})


def test_an_unknown_key_is_refused_with_its_line_and_the_nearest_one(refusal):
    said = refusal("[sources.website]\n\n[retention]\nlog_days = 30\n")
    assert said.startswith(
        "stage.toml, line 4: unknown key `retention.log_days`; did you mean `logs_days`? allowed: "
    )


def test_a_value_out_of_range_is_refused_with_the_range(refusal):
    said = refusal("[sources.website]\npriority = 300\n")
    assert said == (
        "stage.toml, line 2: `sources.website.priority` is 300; "
        "allowed: a whole number from 0 to 100"
    )


def test_a_value_that_is_no_choice_is_refused_with_the_choices(refusal):
    said = refusal('[sources.website]\n[stream]\nmode = "fast"\n')
    assert said == "stage.toml, line 3: `stream.mode` is 'fast'; allowed: provisioned, on_demand"


def test_every_mistake_is_told_at_once(refusal):
    said = refusal('stage = "PROD"\n[sources.Website]\n[tracking]\nburst = "many"\n')
    assert [line.split(":")[0] for line in said.splitlines()] == [
        "stage.toml, line 1",
        "stage.toml, line 2",
        "stage.toml, line 4",
    ]


def test_a_missing_section_is_named(refusal):
    assert refusal('stage = "prod"\n') == (
        "stage.toml: `sources` is missing; it needs a table with at least one entry"
    )


def test_no_source_may_be_called_as_the_source_of_operations(refusal):
    said = refusal("[sources.operator]\n")
    assert said.startswith("stage.toml, line 1: `operator` is the source of operations")


def test_an_unknown_destination_is_refused_with_those_that_are_defined(refusal):
    said = refusal("[sources.website]\n[destinations.klavio]\n")
    assert said == (
        "stage.toml, line 2: unknown destination `klavio`; did you mean `klaviyo`? "
        f"allowed: {', '.join(DESTINATIONS)}"
    )


def test_an_option_that_no_definition_reads_is_refused(refusal):
    said = refusal('[sources.website]\n[destinations.webhook]\nurls = "https://example.com"\n')
    assert said == (
        "stage.toml, line 3: unknown key `destinations.webhook.urls`; did you mean `url`? "
        "allowed: base_url, secret, url"
    )


def test_what_is_not_toml_is_refused_with_the_place(refusal):
    assert refusal("stage = prod\n").startswith("stage.toml is not TOML: ")
    assert "line 1" in refusal("stage = prod\n")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(NeedsHuman) as caught:
        load_environment(tmp_path / "nowhere.toml")
    assert "nowhere.toml cannot be read" in caught.value.message


def test_a_secret_is_never_repeated_by_a_message(refusal):
    said = refusal("[sources.website]\nsecret = 12345678\n[personalization]\nread_key = 87654321\n")
    assert "12345678" not in said
    assert "87654321" not in said
    assert "line 2" in said
    assert "line 4" in said
