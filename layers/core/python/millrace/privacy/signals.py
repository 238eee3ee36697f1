"""What one event says about consent: banners, privacy signals, ESPs, CRM flags, our own API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from millrace.privacy.consent import ConsentRecord, Status
from millrace.privacy.opting_out import flag, is_opt_out
from millrace.settings import ConsentSettings

ANALYTICS = "analytics"
MAIL = "email_marketing"
RECORD = "consent.record"
"""The operator's command, and what the consent API writes."""
PREFERENCES = frozenset({"Segment Consent Preference Updated", "Segment Consent Preference"})
CHOICES = "Subscription Preferences Updated"
MAIL_EVENTS: Mapping[str, Status] = {
    "Subscribed": "granted",
    "Resubscribed": "granted",
    "Unsubscribed": "denied",
    "Email Marked as Spam": "denied",
}
"""Events of the catalogue that are a decision about mail."""
BEHAVIOUR = frozenset({"track", "page", "screen"})
OTHER_LABELS = frozenset({"identify", "group", "alias", CHOICES, *PREFERENCES, *MAIL_EVENTS})
"""Counters of events that tell who somebody is or what they decided."""
STATUSES: Mapping[str, str] = {
    "granted": "granted",
    "confirmed": "confirmed",
    "pending": "pending",
    "denied": "denied",
    "withdrawn": "denied",
}
_RESTRICTIVE = ("denied", "pending", "confirmed", "granted")
MAX_TEXT = 256
MAX_PROOF = 1024
Said = tuple[str, str, bool]
"""Purpose, status as it was said, whether it was an act."""


class ConsentEvent(Protocol):
    """What is asked of an event; `events.Event` is one."""

    @property
    def type(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def event_at(self) -> int: ...
    @property
    def received_at(self) -> int: ...
    @property
    def traits(self) -> Mapping[str, Any]: ...
    @property
    def properties(self) -> Mapping[str, Any]: ...
    @property
    def context(self) -> Mapping[str, Any]: ...


def is_decision(event: ConsentEvent) -> bool:
    """Whether somebody decided something, rather than did something while a decision held."""
    if event.type == "operation":
        return event.name == RECORD
    is_named = event.name in PREFERENCES or event.name == CHOICES or event.name in MAIL_EVENTS
    return event.type == "track" and is_named


def is_behaviour(event: ConsentEvent) -> bool:
    """Whether the event tells what a person did, and so needs leave to be kept."""
    return event.type in BEHAVIOUR and not is_decision(event)


def is_trusted(event: ConsentEvent, rules: ConsentSettings) -> bool:
    """Whether nobody but its source can have sent it; operations come by no public door."""
    return event.type == "operation" or event.source in rules.trusted_sources


def signal_of(event: ConsentEvent, rules: ConsentSettings) -> dict[str, Status]:
    """What the event itself says, by purpose; of several words about one the most restrictive."""
    found: dict[str, Status] = {}
    for purpose, (status, _) in _said(event, rules).items():
        found[purpose] = _settled(status, purpose, rules)
    return found


def records_of(
    event: ConsentEvent, name: bytes, rules: ConsentSettings
) -> dict[str, ConsentRecord]:
    """The same as records; `name` is the event's id over all redeliveries."""
    said = _said(event, rules)
    if not said:
        return {}
    told = event.properties if is_decision(event) else {}
    return {
        purpose: ConsentRecord(
            at=event.event_at,
            event=name,
            status=_settled(status, purpose, rules),
            is_act=is_act,
            basis=_text(told.get("basis")) or rules.purposes[purpose].basis,
            text_version=_text(told.get("text_version")) or _shown(event),
            source=event.source,
            proof=_text(told.get("proof"), MAX_PROOF),
            is_trusted=is_trusted(event, rules),
        )
        for purpose, (status, is_act) in said.items()
    }


def _said(event: ConsentEvent, rules: ConsentSettings) -> dict[str, tuple[str, bool]]:
    found: dict[str, tuple[str, bool]] = {}
    for purpose, status, is_act in _all_said(event, rules):
        known = found.get(purpose)
        if known is None or _RESTRICTIVE.index(status) < _RESTRICTIVE.index(known[0]):
            found[purpose] = (status, is_act)
    return {purpose: found[purpose] for purpose in found if purpose in rules.purposes}


def _all_said(event: ConsentEvent, rules: ConsentSettings) -> Iterator[Said]:
    yield from _preferences(event, rules)
    if is_opt_out(event.context):
        yield from ((purpose, "denied", True) for purpose in rules.opt_out)
    if event.type == "track" and event.name in MAIL_EVENTS:
        yield MAIL, MAIL_EVENTS[event.name], True
    if event.type == "operation" and event.name == RECORD:
        status = STATUSES.get(str(event.properties.get("status")))
        if status:
            yield str(event.properties.get("purpose")), status, True
    if event.type == "identify":
        for trait, purpose in rules.traits.items():
            status = flag(event.traits.get(trait))
            if status:
                yield purpose, status, False


def _preferences(event: ConsentEvent, rules: ConsentSettings) -> Iterator[Said]:
    """A banner's categories: a state on most events, a decision on the events named for it."""
    consent = event.context.get("consent")
    places = [(consent, event.name in PREFERENCES)]
    if event.name in PREFERENCES or event.name == CHOICES:
        places.append((event.properties, True))
        places.append(({"categoryPreferences": event.properties.get("preferences")}, True))
    for place, is_act in places:
        given = place.get("categoryPreferences") if isinstance(place, dict) else None
        for category, is_on in given.items() if isinstance(given, dict) else ():
            if isinstance(is_on, bool):
                for purpose in _purposes_of(category, rules):
                    yield purpose, "granted" if is_on else "denied", is_act


def _purposes_of(category: str, rules: ConsentSettings) -> list[str]:
    """A category means the purposes that name it; a purpose is its own category."""
    word = category.casefold()
    return [
        purpose
        for purpose, known in rules.purposes.items()
        if word == purpose or word in (each.casefold() for each in known.categories)
    ]


def _settled(status: str, purpose: str, rules: ConsentSettings) -> Status:
    """With double opt-in a yes waits until it is confirmed."""
    if status == "confirmed":
        return "granted"
    if status == "granted" and rules.purposes[purpose].is_double_opt_in:
        return "pending"
    return "pending" if status == "pending" else "denied" if status == "denied" else "granted"


def _shown(event: ConsentEvent) -> str:
    consent = event.context.get("consent")
    return _text(consent.get("text_version")) if isinstance(consent, dict) else ""


def _text(value: object, most: int = MAX_TEXT) -> str:
    return value[:most] if isinstance(value, str) else ""
