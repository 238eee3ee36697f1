"""What an operator asks for becomes events: validated, named, in the stream, folded once."""

from __future__ import annotations

import hashlib
import pkgutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, Protocol

import msgspec

from millrace.clock import DAY_MS, Clock
from millrace.errors import NeedsHuman
from millrace.events import operations
from millrace.events.identifiers import identifier_in
from millrace.events.model import Event, Identifier
from millrace.events.operation import OPERATION, SOURCE, OperationDefinition, module_of
from millrace.intake.ports import EventSink, NotAllWritten
from millrace.intake.records import to_records
from millrace.privacy.ports import Vault
from millrace.registry import definition_in

MOST_AT_ONCE = 500
MAX_BYTES = 32_768
MAX_REASON = 500
_canonical = msgspec.json.Encoder(order="deterministic").encode


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One operation."""

    name: str
    properties: dict[str, Any]
    message_id: str = ""
    """The same operation under the same id changes nothing; "" makes it of what is asked."""
    at: int = 0
    """When it holds from, epoch milliseconds; 0 for the moment in which it arrives."""


class Asking(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What functions/intake/operate is invoked with."""

    operations: list[Asked]
    operator: str
    """The ARN of whoever asks, as they say; CloudTrail says who invoked."""
    reason: str

    def described(self) -> dict[str, Any]:
        """What may stand in a log: the role without the name of its session, and counts."""
        counts = Counter(asked.name for asked in self.operations)
        return {
            "role": self.operator.rpartition("/")[0],
            "operations": dict(sorted(counts.items())),
        }


class Operated(msgspec.Struct, frozen=True, kw_only=True):
    """What functions/intake/operate answers."""

    message_ids: list[str]
    """In the order of the operations; every one of them is in the stream."""


class Counts(Protocol):
    def count(self, name: Literal["EventsReceived"], amount: int, /) -> None:
        """Add `amount` to the metric `name`."""
        ...


class OperateDoors(msgspec.Struct, frozen=True, kw_only=True):
    """What `operate` works with."""

    sink: EventSink
    vault: Vault
    clock: Clock


def read_asking(event: Mapping[str, Any]) -> Asking:
    """What an invocation asks for; NeedsHuman `bad_operation` for what nobody could do."""
    try:
        asking = msgspec.convert(event, Asking)
    except msgspec.ValidationError as error:
        raise _bad("this is no invocation of intake/operate") from error
    if len(asking.reason.split()) < 2 or len(asking.reason) > MAX_REASON:
        raise _bad(f"say why, in two words or more and {MAX_REASON} characters or less")
    if not asking.operator:
        raise _bad("say who asks: the operator")
    if not 0 < len(asking.operations) <= MOST_AT_ONCE:
        raise _bad(f"ask for 1 to {MOST_AT_ONCE} operations at once")
    return asking


def operate(asking: Asking, doors: OperateDoors, counts: Counts, request_id: str = "") -> Operated:
    """Put what is asked for into the stream: all of it is valid, or nothing is put."""
    received_at = doors.clock.now_ms()
    events = list(to_events(asking, received_at))
    records = to_records(events, request_id, doors.vault)
    try:
        doors.sink.put(records)
    except NotAllWritten as error:
        written = (r.event_count for n, r in enumerate(records) if n not in error.unwritten)
        counts.count("EventsReceived", sum(written))
        raise
    counts.count("EventsReceived", len(events))
    return Operated(message_ids=[event.message_id for event in events])


def to_events(asking: Asking, received_at: int) -> Iterator[Event]:
    """The event of each operation; NeedsHuman `bad_operation` names the first that is wrong."""
    for place, asked in enumerate(asking.operations):
        try:
            yield _event(asked, asking, received_at)
        except NeedsHuman as error:
            raise _bad(f"operation {place} ({asked.name[:64]}): {error.message}") from error


def definition_of(name: str) -> OperationDefinition:
    """The operation called `name`; NeedsHuman that lists them all where there is none."""
    known = [module.name for module in pkgutil.iter_modules(operations.__path__)]
    if module_of(name) in known:
        definition = definition_in(operations, module_of(name), OperationDefinition)
        if definition.name == name:
            return definition
    every = (definition_in(operations, each, OperationDefinition) for each in sorted(known))
    told = "; ".join(f"{each.name}: {each.says}" for each in every)
    raise _bad(f"there is no such operation. There are: {told}")


def _event(asked: Asked, asking: Asking, received_at: int) -> Event:
    definition = definition_of(asked.name)
    properties = _properties(asked, definition)
    identifiers = _identifiers(definition.concerns(properties))
    if not 0 <= asked.at <= received_at + DAY_MS:
        raise _bad("`at` is a time in epoch milliseconds that is not in the future")
    event = Event(
        message_id=asked.message_id or _message_id(asked, properties),
        type=OPERATION,
        source=SOURCE,
        event_at=asked.at or received_at,
        received_at=received_at,
        original_at=asked.at,
        anchor=identifiers[0],
        identifiers=identifiers,
        name=definition.name,
        properties={
            **msgspec.to_builtins(properties),
            "operator": asking.operator,
            "reason": asking.reason,
        },
    )
    if len(_canonical(event)) > MAX_BYTES:
        raise _bad(f"it holds more than {MAX_BYTES} bytes")
    return event


def _properties(asked: Asked, definition: OperationDefinition) -> msgspec.Struct:
    try:
        return msgspec.convert(asked.properties, definition.properties)
    except msgspec.ValidationError as error:
        raise _bad(str(error)) from error


def _identifiers(texts: Sequence[str]) -> tuple[Identifier, ...]:
    """Whom it concerns, normalised as events are; the values themselves are told to nobody."""
    found = [identifier_in(text) for text in texts]
    for place, each in enumerate(found):
        if each is None:
            raise _bad(
                f"identifier {place} can identify nobody; write <kind>:<value>, "
                "as in user_id:4711 or email:ada@example.com"
            )
    usable = tuple(dict.fromkeys(each for each in found if each))
    if len(usable) < len(texts):
        raise _bad("it names one identifier twice")
    return usable


def _message_id(asked: Asked, properties: msgspec.Struct) -> str:
    """The same for the same operation, whoever asks for it and why."""
    named = _canonical([asked.name, msgspec.to_builtins(properties), asked.at])
    return "op-" + hashlib.blake2b(named, digest_size=16).hexdigest()


def _bad(message: str) -> NeedsHuman:
    return NeedsHuman("bad_operation", message)
