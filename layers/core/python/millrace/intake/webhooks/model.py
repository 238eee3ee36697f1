"""What a webhook source is: a value that says how a vendor's requests become events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import msgspec

from millrace.http import Request
from millrace.intake.webhooks.delivery import Delivery
from millrace.intake.webhooks.shared_secret import Scheme
from millrace.intake.webhooks.splits import whole


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One vendor event of a delivery."""

    payload: dict[str, Any]
    delivery: Delivery


Selector = str | Callable[[Part], object]
"""Where a value stands: a dotted path into the payload, or a function of the part."""


class Meaning(msgspec.Struct, frozen=True, kw_only=True):
    """What a vendor's event is in our words, and what it says beyond its name."""

    name: str = ""
    type: Literal["track", "identify"] = "track"
    properties: dict[str, Any] = {}
    is_planned: bool = True
    """Whether the tracking plan holds an event of this name."""


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """Status codes, because vendors read them differently: a wrong one loses or repeats events."""

    taken: int = 200
    """Stored, poison included: it is kept as a failed event, and would never get better."""
    refused: int = 401
    """The sender is not proven."""


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """A control message: somebody subscribed us to a topic, or ended that."""

    topic: str
    token: str
    is_ended: bool = False


class Probe(Protocol):
    def __call__(self, request: Request, /) -> bool:
        """Whether a request only asks if we are here; it is answered without being proven."""
        ...


class WebhookSource(msgspec.Struct, frozen=True, kw_only=True):
    """One vendor. Its file's name, `name`, the route and the samples' folder are one word."""

    name: str
    docs: str
    verify: Scheme
    needs_secret: bool = True
    signed_tokens: Sequence[str] = ()
    """Where signatures cover these places and not the body: each is good for one body only."""
    is_trusted: bool = True
    """Whether what it says of consent is the vendor's word; not where it passes on what websites
    sent. A configuration may say otherwise of a source."""
    has_queue: bool = False
    """Whether its messages may come by a queue of ours, where AWS proves who wrote them. `split`
    and `message_id` then also read what stands in the queue, which is no HTTP body."""
    answers: Answers = Answers()
    is_probe: Probe = lambda _request: False
    subscription: Callable[[Delivery], Subscription | None] = lambda _delivery: None
    split: Callable[[Delivery], Sequence[bytes]] = whole
    """The bytes of each vendor event; RejectedEvent when the body as a whole is not usable."""
    spread: Callable[[Part], Sequence[dict[str, Any]]] = lambda part: (part.payload,)
    """The payloads to select from: several where one vendor event is about several people."""

    kind: Selector
    """The vendor's name of the event."""
    events: Mapping[str, str | Meaning]
    """The vendor's names in our words; a name that is not here becomes `unlisted`."""
    unlisted: str = "unknown"
    """`unknown`, or `{kind}` where the vendor's names are the owner's own."""
    message_id: Selector
    """What is the same in every try of the same event, and in no other event."""
    timestamp: Selector
    """When it happened: ISO 8601, or epoch seconds or milliseconds."""
    identifiers: Mapping[Literal["user_id", "anonymous_id", "email"], Selector]
    traits: Mapping[str, Selector] = {}
    properties: Mapping[str, Selector] = {}
    is_machine: Callable[[Part], bool] = lambda _part: False
    """Whether an open or click was made by a mail provider or a scanner, not by the person."""
    call: Callable[[Part], dict[str, Any] | None] = lambda _part: None
    """The whole call, for vendors that speak the tracking API's language already."""
