"""One parsed item to one event: Segment's, Rudder's and Jitsu's shapes become ours."""

from __future__ import annotations

import hashlib
from typing import Any, cast, get_args

import msgspec

from millrace.events.identifiers import RULES, IdentifierRules
from millrace.events.model import CallType, Event
from millrace.intake.naming import identifiers_of
from millrace.intake.reasons import reject
from millrace.intake.times import event_time, parse_time

MAX_NAME_CHARACTERS = 256
MAX_MESSAGE_ID_CHARACTERS = 100
_TYPES = frozenset(get_args(CallType))


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """What is the same for all items of one request."""

    source: str
    received_at: int
    request_id: str
    source_ip: str = ""
    type: str = ""
    """The type that the route names; empty on a batch, whose items name their own."""
    sent_at: object = None
    context: dict[str, Any] = {}
    integrations: dict[str, Any] = {}
    headers: dict[str, str] = {}
    """A webhook's headers, where its vendor says in them what the body does not."""


def to_event(
    item: dict[str, Any],
    arrival: Arrival,
    position: int,
    flags: tuple[str, ...] = (),
    rules: IdentifierRules = RULES,
) -> Event:
    """The event in `item`, the `position`th of its request; RejectedEvent when it is none."""
    noticed = list(flags)
    kind = _type(item, arrival)
    context, traits = _context(item, arrival)
    name, properties, own_traits = _content(kind, item)
    traits = {**traits, **own_traits}
    identifiers = identifiers_of(kind, item, traits, noticed, rules)
    event_at, original_at = _times(item, arrival, noticed)
    return Event(
        message_id=_message_id(item.get("messageId"), arrival, position, noticed),
        type=kind,
        source=arrival.source,
        event_at=event_at,
        received_at=arrival.received_at,
        original_at=original_at,
        anchor=identifiers[0],
        identifiers=identifiers,
        name=name,
        traits=traits,
        properties=properties,
        context=context,
        integrations={**arrival.integrations, **_object(item, "integrations")},
        flags=tuple(noticed),
    )


def _type(item: dict[str, Any], arrival: Arrival) -> CallType:
    named = arrival.type or item.get("type")
    if not isinstance(named, str) or named not in _TYPES:
        raise reject("unknown_type", "/type")
    return cast("CallType", named)


def _object(item: dict[str, Any], name: str, within: str = "") -> dict[str, Any]:
    value = item.get(name)
    if value is None:
        return {}
    if type(value) is not dict:
        raise reject("not_an_object", f"{within}/{name}")
    return value


def _context(item: dict[str, Any], arrival: Arrival) -> tuple[dict[str, Any], dict[str, Any]]:
    """The context without its traits, which are observations of the person, and those traits."""
    context = {**arrival.context, **_object(item, "context")}
    traits = _object(context, "traits", "/context")
    context.pop("traits", None)
    if context.get("ip") is None and arrival.source_ip:
        context["ip"] = arrival.source_ip
    return context, traits


def _content(kind: str, item: dict[str, Any]) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Name, properties and the person's traits, by type of call."""
    properties, traits = _object(item, "properties"), _object(item, "traits")
    if kind == "track":
        return _name(item, "event", "missing_event"), properties, traits
    if kind == "group":  # the traits of a group are not those of its member
        return _name(item, "groupId", "missing_group_id"), {**properties, **traits}, {}
    if kind in {"page", "screen"}:
        at_root = {name: item[name] for name in ("name", "category") if item.get(name) is not None}
        properties = {**at_root, **properties}
        return _as_text(properties.get("name"))[:MAX_NAME_CHARACTERS], properties, traits
    return "", properties, traits


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else ""


def _name(item: dict[str, Any], field: str, missing: str) -> str:
    name = _as_text(item.get(field))
    if not name:
        raise reject(missing, f"/{field}")
    if len(name) > MAX_NAME_CHARACTERS:
        raise reject("name_too_long", f"/{field}")
    return name


def _times(item: dict[str, Any], arrival: Arrival, noticed: list[str]) -> tuple[int, int]:
    """Event time and the client's own time; 0 where the client gave none."""
    # Rudder's originalTimestamp is the moment of the call even where the caller gave a timestamp
    given = item.get("timestamp") or item.get("originalTimestamp")
    sent_given = item.get("sentAt") or arrival.sent_at
    original = parse_time(given)
    sent = parse_time(sent_given)
    if given and original is None:
        noticed.append("timestamp_unreadable")
    if sent_given and sent is None:
        noticed.append("sent_at_unreadable")
    event_at, is_clamped = event_time(original, sent, arrival.received_at)
    if is_clamped:
        noticed.append("future_clamped")
    return event_at, original or 0


def message_id_of(item: dict[str, Any]) -> str:
    """The id that an item names, cut to the length that an id may have; "" for none."""
    return _as_text(item.get("messageId"))[:MAX_MESSAGE_ID_CHARACTERS]


def _message_id(value: object, arrival: Arrival, position: int, noticed: list[str]) -> str:
    given = _as_text(value)
    if not given:
        made = f"{arrival.source}\0{arrival.request_id}\0{arrival.received_at}\0{position}"
        noticed.append("message_id_made")
        return "made-" + hashlib.blake2b(made.encode(), digest_size=16).hexdigest()
    if len(given) > MAX_MESSAGE_ID_CHARACTERS:
        noticed.append("message_id_hashed")
        return "long-" + hashlib.blake2b(given.encode(), digest_size=16).hexdigest()
    return given
