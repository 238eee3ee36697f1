"""Asking a destination to delete a person, as part of an erasure.

    receipt = forget(channel, leaver, ports)

Level-triggered as deliveries are: whoever runs the erasure calls again until there is a receipt.
Every request may be sent any number of times.

An update that was under way when the person was erased may arrive after the deletion and make the
record anew. So an erasure asks twice: at once, and again `ASK_AGAIN_AFTER_MS` later.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from millrace.activation.channel import Channel
from millrace.activation.model import CannotForget, Forget, HttpRequest, Leaver, Outcome
from millrace.activation.outcomes import dated
from millrace.activation.ports import Http
from millrace.clock import Clock
from millrace.errors import MillraceError, NeedsHuman, RetryLater
from millrace.secrets import Secrets

ASK_AGAIN_AFTER_MS = 15 * 60 * 1000
"""functions/activation/deliver runs for two minutes, a vendor's import job for some more."""
MAX_RECEIPT_LETTERS = 128
Asked = Literal["asked", "nothing_to_ask", "refused", "cannot"]


class ForgetPorts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything outside that a deletion touches."""

    http: Http
    secrets: Secrets
    clock: Clock


class ForgetReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """What came of asking one destination, for the certificate; nothing in it names the person.

    asked            it took every request; `words` are its own for them
    nothing_to_ask   it cannot hold this person: none of the identifiers is of a kind it is told
    refused          it took some or none and will not take the rest (`code`): a person must act
    cannot           it has no way to delete (`reason`): a person must act
    """

    destination: str
    status: Asked
    at: int
    requests: int = 0
    words: tuple[str, ...] = ()
    code: str = ""
    reason: str = ""

    @property
    def is_settled(self) -> bool:
        """Whether nobody has to do anything by hand."""
        return self.status in {"asked", "nothing_to_ask"}


def forget(channel: Channel, leaver: Leaver, ports: ForgetPorts) -> ForgetReceipt:
    """Ask `channel` to delete `leaver`.

    Raises RetryLater, with the seconds that the destination asks for, and NeedsHuman for a wrong
    key, permission or address; either way the whole call is to be made again.
    """
    name, how = channel.destination.name, channel.destination.forget
    now_ms = ports.clock.now_ms()
    if isinstance(how, CannotForget):
        return ForgetReceipt(destination=name, status="cannot", at=now_ms, reason=how.reason)
    requests = _requests(channel, how, leaver, ports)
    outcomes = [_ask(channel, how, request, ports) for request in requests]
    refused = next((outcome for outcome in outcomes if outcome.kind == "rejected"), None)
    return ForgetReceipt(
        destination=name,
        status="refused" if refused else "asked" if requests else "nothing_to_ask",
        at=ports.clock.now_ms(),
        requests=len(requests),
        words=tuple(each.receipt[:MAX_RECEIPT_LETTERS] for each in outcomes if each.receipt),
        code=refused.code if refused else "",
    )


def _requests(
    channel: Channel, how: Forget, leaver: Leaver, ports: ForgetPorts
) -> Sequence[HttpRequest]:
    secret = ports.secrets.get(channel.secret_name)
    try:
        return how.requests(leaver, channel.sending(secret, ports.clock.now_ms()))
    except MillraceError:
        raise
    except Exception as error:  # noqa: BLE001 - its text may quote the person
        raise NeedsHuman(
            "forget_unmappable",
            f"the definition of {channel.destination.name} cannot ask to delete this person "
            f"({type(error).__name__}): mend it, the erasure goes on by itself",
        ) from None


def _ask(channel: Channel, how: Forget, request: HttpRequest, ports: ForgetPorts) -> Outcome:
    """What the destination answered for good; raises for everything else."""
    response = ports.http.send(request, may_be_private=channel.may_be_private)
    outcome = dated(how.forgotten(response), response, ports.clock.now_ms())
    said = f"{channel.destination.name} answered {outcome.code} to a deletion"
    if outcome.kind == "retry":
        raise RetryLater("forget_later", said, after_seconds=outcome.after_seconds)
    if outcome.kind == "needs_human":
        raise NeedsHuman("forget_refused", f"{said}: see its key, its permissions, its address")
    return outcome
