"""A failed event tried again: by the same functions that first met it, as they are today."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec

from millrace.errors import GiveUp, RejectedEvent
from millrace.events.envelope import open_envelope
from millrace.events.model import Event, FailedEvent
from millrace.events.operation import OPERATION
from millrace.failed.mending import Step, mend
from millrace.failed.model import KeptEvent
from millrace.failed.ports import ReplayDoors
from millrace.http import Request
from millrace.intake.arrivals import unpack_arrival
from millrace.intake.sorting import STAGE, Item, read_item, sort_items
from millrace.intake.taking import COLLISION
from millrace.intake.webhooks.delivery import Delivery
from millrace.intake.webhooks.model import WebhookSource
from millrace.intake.webhooks.translating import to_items
from millrace.privacy.ports import Vault

UNREADABLE = "unreadable"
"""The code where the vault opens a payload no more, as after an erasure."""


class Revived(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one failed event: its events, or the code for which it still fails."""

    events: Sequence[Event] = ()
    code: str = ""
    changes: Sequence[str] = ()
    """What the mapping changed, as `set /userId`; the order of its steps."""


def revive(kept: KeptEvent, steps: Sequence[Step], doors: ReplayDoors) -> Revived:
    """All events of a failed one, or none; message ids and times are those of the first try."""
    failed = kept.failed
    if not kept.is_readable:
        return Revived(code=UNREADABLE)
    try:
        if failed.stage != STAGE:
            return _from_the_stream(failed, steps, doors.vault)
        definition = doors.webhooks.get(failed.source)
        items = _translated(failed, definition) if definition else [read_item(failed.payload)]
        revived = _sorted(failed, items, steps, doors)
        return _as_its_own(revived, failed) if failed.code == COLLISION else revived
    except (RejectedEvent, GiveUp) as error:
        return Revived(code=error.code)


def _sorted(
    failed: FailedEvent, items: Sequence[Item], steps: Sequence[Step], doors: ReplayDoors
) -> Revived:
    changes: list[str] = []
    mended = []
    for item in items:
        if item.error is None and steps:
            fields, changed = mend(steps, item.fields)
            changes += [each for each in changed if each not in changes]
            mended.append(msgspec.structs.replace(item, fields=fields))
        else:
            mended.append(item)
    outcome = sort_items(
        mended,
        unpack_arrival(failed),
        first=failed.position,
        check=doors.check,
        rules=doors.rules,
    )
    if outcome.errors:
        raise outcome.errors[0]
    return Revived(events=outcome.events, changes=changes)


def _as_its_own(revived: Revived, failed: FailedEvent) -> Revived:
    """Another event came first under its message id: it gets one of its own, always the same."""
    digest = hashlib.blake2b(failed.payload, digest_size=16).hexdigest()
    events = [
        msgspec.structs.replace(
            event, message_id=f"own-{digest}-{place}", flags=(*event.flags, COLLISION)
        )
        for place, event in enumerate(revived.events)
    ]
    return Revived(events=events, changes=[*revived.changes, "its own message id"])


def _from_the_stream(failed: FailedEvent, steps: Sequence[Step], vault: Vault) -> Revived:
    """An accepted event that no profile could take; without a source, a whole record."""
    if not failed.source:
        return Revived(events=open_envelope(failed.payload, vault).events)
    try:
        accepted = msgspec.json.decode(failed.payload, type=dict[str, Any])
        fields, changes = mend(steps, accepted)
        if changes and OPERATION in (accepted.get("type"), fields.get("type")):
            raise GiveUp("operation_mended", "what an operator asked for is no work of a mapping")
        return Revived(events=[msgspec.convert(fields, Event)], changes=changes)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise GiveUp("not_an_event", "the payload is no event as intake writes them") from error


def _translated(failed: FailedEvent, definition: WebhookSource) -> Sequence[Item]:
    """A vendor's event again: the payload is a whole body, or one piece of a longer one."""
    delivery = Delivery(
        source=failed.source,
        request=Request(
            method="POST",
            path="",
            route="",
            headers=unpack_arrival(failed).headers,
            body=failed.payload,
            request_id=failed.request_id,
        ),
        received_at=failed.received_at,
    )
    as_body = to_items(delivery, definition)
    if not any(item.error for item in as_body):
        return as_body
    as_piece = to_items(delivery, msgspec.structs.replace(definition, split=_whole))
    return as_body if any(item.error for item in as_piece) else as_piece


def _whole(delivery: Delivery) -> Sequence[bytes]:
    return (delivery.body,)
