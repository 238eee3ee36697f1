"""What functions/privacy/rotate is asked, and what it answers: numbers of keys, never a key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from millrace.errors import NeedsHuman
from millrace.events.identifiers import normalise
from millrace.identity.model import KIND_RANK, row_key
from millrace.privacy import branches
from millrace.privacy.branches import Branches
from millrace.rotation import rewrapping
from millrace.rotation.model import Rules, Sweep
from millrace.rotation.person import rotate_person
from millrace.rotation.ports import PersonPorts, SweepPorts
from millrace.rotation.retiring import check_retirable, retires_at

DAILY = "daily"


class Rotation(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that rotation needs."""

    sweep: SweepPorts
    person: PersonPorts
    rules: Rules


Asked = Mapping[str, Any]


def answer(asked: Asked, rotation: Rotation) -> dict[str, Any]:
    """Do what `asked["do"]` names; a schedule names nothing, and gets the daily run."""
    do = _ACTIONS.get(str(asked.get("do", DAILY)))
    if do is None:
        raise NeedsHuman("unknown_rotation", f"`do` is one of {', '.join(_ACTIONS)}")
    return do(asked, rotation)


def _daily(asked: Asked, rotation: Rotation) -> dict[str, Any]:
    """Rotate what is too old; else go on sealing anew where something is under an older key."""
    ports = rotation.sweep
    known = ports.keys.branches()
    if branches.is_due(known, rotation.rules.branch_days, ports.clock.now_ms()):
        return _branch(asked, rotation)
    if rewrapping.is_due(known, ports.sweeps.read()):
        return _rewrap(asked, rotation)
    return {"current": known.current}


def _keys(_: Asked, rotation: Rotation) -> dict[str, Any]:
    known, sweep = rotation.sweep.keys.branches(), rotation.sweep.sweeps.read()
    return {
        "current": known.current,
        "counted_at": sweep.last.finished_at if sweep.last else 0,
        "is_counting": bool(sweep.started_at),
        "versions": _shown(known, sweep, rotation.rules),
    }


def _branch(_: Asked, rotation: Rotation) -> dict[str, Any]:
    """The next version; what KMS wraps is wrapped anew with it."""
    ports = rotation.sweep
    before = ports.keys.branches().current
    after = branches.rotate(ports.keys, ports.clock).current
    return {"current": after, "rotated": after - before, "rewrapped": ports.keys.rewrap()}


def _rewrap(asked: Asked, rotation: Rotation) -> dict[str, Any]:
    swept = rewrapping.sweep(rotation.sweep, budget_ms=_budget(asked))
    found: dict[str, Any] = msgspec.to_builtins(swept)
    return {"current": rotation.sweep.keys.branches().current, **found}


def _kms(_: Asked, rotation: Rotation) -> dict[str, Any]:
    return {"rewrapped": rotation.sweep.keys.rewrap()}


def _person(asked: Asked, rotation: Rotation) -> dict[str, Any]:
    kind, _, value = str(asked.get("person", "")).partition(":")
    identifier = normalise(kind, value) if kind in KIND_RANK else None
    if identifier is None:
        raise NeedsHuman("not_an_identifier", f"give <kind>:<value>, of {', '.join(KIND_RANK)}")
    token = rotation.person.vault.token(identifier.kind, identifier.value)
    return {"epochs": rotate_person(row_key(identifier.kind, token), rotation.person)}


def _retire(asked: Asked, rotation: Rotation) -> dict[str, Any]:
    number = asked.get("version")
    if not isinstance(number, int):
        raise NeedsHuman("no_such_key", "`version` is the number of a version")
    ports = rotation.sweep
    now, known = ports.clock.now_ms(), ports.keys.branches()
    check_retirable(number, known, ports.sweeps.read(), rotation.rules, now)
    ports.keys.retire(number, now)
    return {"retired": number}


_ACTIONS: dict[str, Callable[[Asked, Rotation], dict[str, Any]]] = {
    DAILY: _daily,
    "keys": _keys,
    "branch": _branch,
    "rewrap": _rewrap,
    "kms": _kms,
    "person": _person,
    "retire": _retire,
}


def _shown(known: Branches, sweep: Sweep, rules: Rules) -> list[dict[str, Any]]:
    under = sweep.last.under if sweep.last else {}
    return [
        {
            "version": each.number,
            "since": each.since,
            "until": each.until,
            "retired_at": each.retired_at,
            "retires_at": retires_at(each, rules) if each.until and not each.retired_at else 0,
            "under": {name: counts.get(each.number, 0) for name, counts in under.items()},
        }
        for each in known.versions
    ]


def _budget(asked: Asked) -> int:
    budget = asked.get("budget_ms")
    usual = rewrapping.BUDGET_MS
    return min(max(budget, 0), usual) if isinstance(budget, int) else usual
