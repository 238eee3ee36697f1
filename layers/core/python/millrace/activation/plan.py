"""Who has to be told what: wakes and current profiles against what was told last."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import msgspec

from millrace.activation.batches import fits
from millrace.activation.channel import Channel
from millrace.activation.model import Delivery, Message, Outcome, Update
from millrace.profiles.model import Profile

Fingerprint = Callable[[str], str]
"""A keyed hash: equal for equal text, and nobody can guess the text from it."""


class Person(msgspec.Struct, frozen=True):
    """One person of a batch: the profile now, and every message about them."""

    profile: Profile
    messages: list[Message]


class Unmappable(msgspec.Struct, frozen=True):
    """The definition failed on this profile; its text is not kept, it may quote the profile."""

    error: str


def people(messages: Iterable[Message], profiles: Mapping[str, Profile]) -> dict[str, Person]:
    """By root key; who is gone is left out, and who was joined to somebody: that woke the root.

    A message of theirs is no word on the root: once they part it would be kept for them alone.
    """
    found: dict[str, Person] = {}
    for message in messages:
        profile = profiles.get(message.wake.key)
        if profile is not None and profile.key == message.wake.key:
            person = found.setdefault(profile.key, Person(profile, []))
            person.messages.append(message)
    return found


def update_for(
    channel: Channel,
    profile: Profile,
    last: Delivery | None,
    fingerprint: Fingerprint,
) -> Update | Unmappable | None:
    """The update that would tell `profile`; None when this destination cannot be told of it."""
    try:
        state = channel.destination.told(profile, channel.options)
        if state is None:
            return None
        encoded = msgspec.json.encode(state, order="deterministic")
    except Exception as error:  # noqa: BLE001 - one odd profile must not stop the others
        return Unmappable(type(error).__name__)
    digest = fingerprint(("withdrawn\0" if channel.is_withdrawing else "") + encoded.decode())
    before = last.version if last else 0
    name = channel.destination.name
    return Update(
        key=profile.key,
        version=profile.version,
        state=state,
        digest=digest,
        delivery_id="msg_" + fingerprint(f"{name}\0{profile.key}\0{digest}\0{before}"),
        size=len(encoded),
        is_withdrawal=channel.is_withdrawing,
    )


def is_news(update: Update, last: Delivery | None, messages: Iterable[Message]) -> bool:
    """Whether the update has to be sent.

    Equal digests settle it, but for a message that came before: its earlier try may have sent
    another state and died before recording it. Unless what is recorded is that very version,
    the state is told once more, which is harmless.
    """
    if last is None or last.digest != update.digest:
        return True
    return any(
        message.receives > 1 and message.wake.version != last.version for message in messages
    )


def is_sendable(update: Update, channel: Channel) -> bool:
    """Whether the update is small enough for the destination."""
    return fits(update, channel.destination.limits)


def delivery_of(update: Update, outcome: Outcome, at: int) -> Delivery:
    """What is remembered of an update that was told or refused."""
    return Delivery(
        digest=update.digest,
        version=update.version,
        at=at,
        receipt=outcome.receipt,
        code=outcome.code,
    )
