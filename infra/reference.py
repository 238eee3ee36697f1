"""config/reference.toml, written from the model: every knob, its meaning, its default."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
from pydantic import BaseModel

import millrace_destinations
from infra import ROOT
from infra.config_errors import allowed
from infra.consent import DEFAULTS, Consent, Purpose
from infra.environment import Destination as Configured
from infra.environment import Environment
from infra.source import Source
from infra.traits import Trait
from millrace.activation import Destination
from millrace.registry import discover

REFERENCE = ROOT / "config" / "reference.toml"
HEAD = """\
# Every knob, with its default. Written by `python3 run.py synth --update`; a test keeps it true.
# Copy what you want to change into a file of your own (minimal.toml shows the least it needs)
# and deploy with `python3 run.py cdk deploy --all --config config/<your file>.toml`.
"""
NAMED = ("sources", "destinations", "traits")


def reference() -> str:
    """The text of config/reference.toml."""
    defaults = Environment(sources={"website": Source()})
    knobs = [
        name
        for name in Environment.model_fields
        if name not in NAMED and not isinstance(getattr(defaults, name), BaseModel)
    ]
    lines = [HEAD, *_knobs(Environment, defaults, knobs)]
    for name, field in Environment.model_fields.items():
        if name == "sources":
            lines += ["", f"# {field.description}", "[sources.website]"]
            lines += _knobs(Source, Source(), list(Source.model_fields))
        elif name == "destinations":
            lines += ["", f"# {field.description}", *_destinations()]
        elif name == "traits":
            lines += ["", f"# {field.description}", "[traits.loyalty_points]"]
            lines += _knobs(Trait, Trait(), list(Trait.model_fields))
        elif name not in knobs:
            section = getattr(defaults, name)
            kind = type(section)
            fields = [each for each in kind.model_fields if (name, each) != ("consent", "purposes")]
            lines += ["", f"[{name}]", *_knobs(kind, section, fields)]
            lines += _purposes() if name == "consent" else ()
    return "\n".join(lines).replace("\n\n\n", "\n\n") + "\n"


def _purposes() -> Iterator[str]:
    """The one purpose that all of it can be said of, as it is by default."""
    yield f"\n# {Consent.model_fields['purposes'].description}"
    yield "[consent.purposes.analytics]"
    analytics = Purpose.model_validate(msgspec.to_builtins(DEFAULTS["analytics"]))
    yield from _knobs(Purpose, analytics, list(Purpose.model_fields))


def _destinations() -> Iterator[str]:
    for name, definition in discover(millrace_destinations, Destination).items():
        yield f"[destinations.{name}]"
        yield from _knobs(Configured, Configured(), list(Configured.model_fields))
        for option, meaning in definition.options.items():
            yield f"# {meaning[:1].upper()}{meaning[1:]}."
            yield f'{option} = ""'
        yield ""


def _knobs(kind: type[BaseModel], values: BaseModel, names: list[str]) -> Iterator[str]:
    schema = kind.model_json_schema()["properties"]
    for name in names:
        yield f"# {schema[name]['description']} Allowed: {allowed(schema[name])}."
        yield f"{name} = {_toml(getattr(values, name))}"


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        inner = ", ".join(f"{name} = {_toml(item)}" for name, item in value.items())
        return f"{{ {inner} }}"
    return json.dumps(list(value) if isinstance(value, tuple) else value)
