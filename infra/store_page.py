"""docs/reference/retention.md: every store of the template, and for how long it keeps what."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from infra import ROOT
from infra.stores import RETAIN, STORES, Kind, Store

PAGE = ROOT / "docs" / "reference" / "retention.md"
Resources = Mapping[str, Mapping[str, Any]]
HEAD = """\
# What is kept where, and for how long

Written by `python3 run.py synth --update` from the template; do not edit. The terms are the
defaults; those with a knob are set under `[retention]`: [how](../how-to/set-retention.md).

| store | what it holds | how long | knob | what enforces it |
|---|---|---|---|---|
"""
TAIL = """
Besides these AWS keeps the change stream of the profiles table for 24 hours, and backups of the
tables (point-in-time recovery) for 35 days: what was erased is in them, under keys that are gone,
and [a restore](../how-to/restore-a-table.md) erases it again. Secrets hold no data about people.
"""


def page(resources: Resources) -> str:
    """The whole page; ValueError for a store that nobody described, or that is not there."""
    missing = sorted(undescribed(resources))
    if missing:
        raise ValueError(f"infra/stores.py does not describe {', '.join(missing)}")
    return HEAD + "\n".join(_row(store, resources) for store in STORES) + "\n" + TAIL


def undescribed(resources: Resources) -> Iterator[str]:
    """Logical ids that can hold data and are in no row; of buckets, with the prefix."""
    for name, resource in resources.items():
        if resource["Type"] not in get_args(Kind):
            continue
        described = {store.prefix for store in STORES if _is_of(store, name, resource)}
        yield from (f"{name} {prefix}" for prefix in prefixes(resource) - described)


def prefixes(resource: Mapping[str, Any]) -> set[str]:
    """Of a bucket, those that a rule expires; "" for all of it, and for every other resource."""
    rules = resource["Properties"].get("LifecycleConfiguration", {}).get("Rules", [])
    return {str(rule.get("Prefix", "")) for rule in rules} or {""}


def terms(store: Store, resources: Resources) -> set[tuple[int, str]]:
    """How long the template says, as number and unit; nothing where it says nothing."""
    found = [each for name, each in resources.items() if _is_of(store, name, each)]
    if not found:
        raise ValueError(f"the template has no {store.named} for the row `{store.name}`")
    if store.by.startswith(RETAIN):
        return {(_retain_days(resources), "days")}
    return {term for each in found for term in _term(store, each["Properties"])}


def _term(store: Store, properties: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    if store.kind == "AWS::Kinesis::Stream":
        yield properties["RetentionPeriodHours"], "hours"
    elif store.kind == "AWS::SQS::Queue":
        yield properties["MessageRetentionPeriod"] // 86_400, "days"
    elif store.kind == "AWS::Logs::LogGroup":
        yield properties["RetentionInDays"], "days"
    elif "ObjectLockConfiguration" in properties:
        lock = properties["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
        yield lock["Days"], "days"
    for rule in properties.get("LifecycleConfiguration", {}).get("Rules", []):
        if rule.get("Prefix", "") == store.prefix:
            yield rule["ExpirationInDays"], "days"


def _retain_days(resources: Resources) -> int:
    """What the function is told, as long as something runs it."""
    (name,) = (
        name
        for name, each in resources.items()
        if each["Properties"].get("Description") == "privacy/retain"
    )
    rules = [each for each in resources.values() if each["Type"] == "AWS::Events::Rule"]
    targets = [target["Arn"] for rule in rules for target in rule["Properties"]["Targets"]]
    if {"Fn::GetAtt": [name, "Arn"]} not in targets:
        raise ValueError("no schedule runs functions/privacy/retain")
    variables = resources[name]["Properties"]["Environment"]["Variables"]
    return int(variables["PROFILES_DAYS"])


def _is_of(store: Store, name: str, resource: Mapping[str, Any]) -> bool:
    is_named = re.fullmatch(f"{store.named}[0-9A-F]{{8}}", name) is not None
    return resource["Type"] == store.kind and is_named


def _row(store: Store, resources: Resources) -> str:
    told = sorted(terms(store, resources))
    if not told and not store.until:
        raise ValueError(f"the template gives `{store.name}` no term")
    until = store.until or ", ".join(f"{number} {unit}" for number, unit in told)
    knob = f"`{store.knob}`" if store.knob else ""
    return f"| {store.name} | {store.holds} | {until} | {knob} | {store.by} |"
