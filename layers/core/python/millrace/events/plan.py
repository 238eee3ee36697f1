"""The tracking plan: is an event planned, and is it as planned.

Nothing here changes what the sender said. Numbers that come as text pass, with a flag; the
stored event keeps the text.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from millrace.events import catalog
from millrace.events.definition import EventDefinition
from millrace.events.model import Event
from millrace.events.verdicts import (
    COERCED,
    VERSION_FLAG,
    PlanPolicy,
    Verdict,
    flags_by,
)
from millrace.events.violations import Violation, violations
from millrace.registry import definition_in

_EXEMPT = Verdict(status="exempt")
_VALID = Verdict(status="valid", version=1)
_DEFAULT = PlanPolicy()


class Plan:
    """Event definitions by name. Those of the catalogue are imported when first asked for."""

    def __init__(
        self, definitions: Iterable[EventDefinition] = (), *, modules: Iterable[str] = ()
    ) -> None:
        self._found = {each.name: each for each in definitions}
        self._names = {_letters(name): name for name in self._found}
        self._modules = {_letters(module): module for module in modules}

    @classmethod
    def of_catalogue(cls) -> Plan:
        """The plan of `events/catalog/`, found by discovery."""
        return cls(modules=(module.name for module in pkgutil.iter_modules(catalog.__path__)))

    def find(self, name: str) -> EventDefinition | None:
        """The definition of the event that is spelt exactly so."""
        known = self._found.get(name)
        if known is None and self.near(name):
            return self._found.get(name)
        return known

    def near(self, name: str) -> str:
        """The planned name that `name` spells, whatever its case and separators; else nothing."""
        letters = _letters(name)
        module = self._modules.get(letters)
        if module and letters not in self._names:
            definition = definition_in(catalog, module, EventDefinition)
            self._found[definition.name] = definition
            self._names[letters] = definition.name
        return self._names.get(letters, "")


def _letters(name: str) -> str:
    return name.lower().replace(" ", "").replace("_", "").replace("-", "")


def validate(plan: Plan, event: Event) -> Verdict:
    """Every violation of one event, or that it is valid, unplanned or exempt."""
    if event.type != "track":
        return _EXEMPT
    definition = plan.find(event.name)
    if definition is None:
        return Verdict(status="unplanned", near=plan.near(event.name))
    claimed = claimed_version(event.context)
    if claimed is None and not definition.older:
        return _read_as(definition.version, definition.properties, event.properties)
    return _among(definition, claimed, event.properties)


def hold_to_plan(event: Event, plan: Plan, policy: PlanPolicy = _DEFAULT) -> Event:
    """`event`, with the flags that plan and policy give it; RejectedEvent where policy is fail."""
    verdict = validate(plan, event)
    flags = (*verdict.flags, *flags_by(policy, verdict))
    return msgspec.structs.replace(event, flags=(*event.flags, *flags)) if flags else event


def checks(plan: Plan, policies: Mapping[str, PlanPolicy]) -> Callable[[Event], Event]:
    """`hold_to_plan` under the policy of the event's source."""

    def check(event: Event) -> Event:
        return hold_to_plan(event, plan, policies.get(event.source, _DEFAULT))

    return check


def claimed_version(context: Mapping[str, Any]) -> int | None:
    """The version that the sender names in `context.protocols.event_version`, as Segment does.

    -1 stands for one that is no version at all.
    """
    protocols = context.get("protocols")
    named = protocols.get("event_version") if isinstance(protocols, dict) else None
    if named is None:
        return None
    try:
        return msgspec.convert(named, int, strict=False)
    except msgspec.ValidationError:
        return -1


def _among(definition: EventDefinition, claimed: int | None, values: dict[str, Any]) -> Verdict:
    """As the version claimed, else as the one that it looks most like and is valid as."""
    shapes = definition.versions()
    if claimed is not None:
        if claimed in shapes:
            return _read_as(claimed, shapes[claimed], values)
        return _unknown_version(shapes)
    by_likeness = sorted(
        shapes,
        key=lambda version: (len(values.keys() & set(shapes[version].__struct_fields__)), version),
        reverse=True,
    )
    readings = (_valid_as(version, shapes[version], values) for version in by_likeness)
    valid = next((verdict for verdict in readings if verdict), None)
    return valid or _read_as(definition.version, definition.properties, values)


def _read_as(version: int, shape: type[msgspec.Struct], values: dict[str, Any]) -> Verdict:
    valid = _valid_as(version, shape, values)
    if valid:
        return valid
    flags, found = _version_flags(version), violations(values, shape)
    if not found:
        return Verdict(status="valid", version=version, flags=(*flags, COERCED))
    return Verdict(status="invalid", version=version, violations=found, flags=flags)


def _valid_as(version: int, shape: type[msgspec.Struct], values: dict[str, Any]) -> Verdict | None:
    if _fits(values, shape, is_strict=True):
        if version == 1:
            return _VALID
        return Verdict(status="valid", version=version, flags=_version_flags(version))
    if _fits(values, shape, is_strict=False):
        return Verdict(status="valid", version=version, flags=(*_version_flags(version), COERCED))
    return None


def _fits(values: dict[str, Any], shape: type[msgspec.Struct], *, is_strict: bool) -> bool:
    try:
        msgspec.convert(values, shape, strict=is_strict)
    except msgspec.ValidationError:
        return False
    return True


def _version_flags(version: int) -> tuple[str, ...]:
    return (f"{VERSION_FLAG}{version}",) if version > 1 else ()


def _unknown_version(shapes: Mapping[int, type[msgspec.Struct]]) -> Verdict:
    violation = Violation(
        code="unknown_event_version",
        pointer="/context/protocols/event_version",
        says="Expected one of: " + ", ".join(str(version) for version in shapes),
    )
    return Verdict(status="invalid", violations=(violation,))
