"""POST /v1/webhooks/{source}: prove the sender, store every event, answer as the vendor reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from millrace.clock import DAY_MS
from millrace.errors import MillraceError, NeedsHuman, RejectedEvent, RetryLater
from millrace.http import Request, Response, error_response, json_response
from millrace.intake.normalise import Arrival
from millrace.intake.ports import Counts
from millrace.intake.recent import RecentIds
from millrace.intake.taking import take
from millrace.intake.throttle import RateLimited
from millrace.intake.webhooks.configured import Configured, WebhookDoors
from millrace.intake.webhooks.delivery import Delivery
from millrace.intake.webhooks.model import Part, Subscription
from millrace.intake.webhooks.reasons import refuse
from millrace.intake.webhooks.selecting import digest_of, select
from millrace.intake.webhooks.timestamps import A_DAY_OF_RETRIES
from millrace.intake.webhooks.translating import to_items

PATH = "/v1/webhooks/{source}"
ROUTES = (f"POST {PATH}", f"GET {PATH}", f"HEAD {PATH}")
MAX_BODY_BYTES = 6_000_000
RETRY_AFTER_SECONDS = 5
_STATUS = {"unknown_source": 404, "body_too_large": 413}


def answer(request: Request, doors: WebhookDoors, counts: Counts) -> Response:
    """The answer to one request.

    `taken` only after everything in it is stored; `refused` when its sender is not proven; 503
    with Retry-After when we cannot tell or cannot store, and the vendor must send it again.
    """
    configured = doors.sources.get(request.path_parameters.get("source", ""))
    try:
        if configured is None:
            raise refuse("unknown_source")
        return _answer(request, configured, doors, counts)
    except RejectedEvent as error:
        counts.count("RequestsRefused")
        refused = configured.definition.answers.refused if configured else 404
        return error_response(_STATUS.get(error.code, refused), error.code, error.message)
    except RateLimited as error:  # no 429: Customer.io would hold everything back for an hour
        counts.count("RequestsRefused")
        return _later(error)
    except (RetryLater, NeedsHuman) as error:
        doors.intake.report(error)
        return _later(error)


def _answer(
    request: Request, configured: Configured, doors: WebhookDoors, counts: Counts
) -> Response:
    definition = configured.definition
    taken = json_response(definition.answers.taken, {"success": True})
    if request.method == "HEAD":
        return Response(status=200)
    if request.method == "GET":
        return json_response(200, {"success": True})
    if len(request.body) > MAX_BODY_BYTES:
        raise refuse("body_too_large")
    if definition.is_probe(request):
        return taken
    delivery = _proven(request, configured, doors)
    subscription = definition.subscription(delivery)
    if subscription is not None:
        _settle(subscription, doors)
        return taken
    arrival = Arrival(
        source=delivery.source,
        received_at=delivery.received_at,
        request_id=request.request_id,
        headers=dict(request.headers),
    )
    items = to_items(delivery, definition)
    doors.intake.throttle.take(delivery.source, len(items))
    # Within one request only: a vendor's retry may differ by its count of tries, and is no other
    # event for that.
    take(items, arrival, replace(doors.intake, recent=RecentIds()), counts)
    return taken


def _proven(request: Request, configured: Configured, doors: WebhookDoors) -> Delivery:
    """The delivery, once its sender is proven; a secret that was just changed is read anew."""
    delivery = _delivery(request, configured, doors)
    try:
        configured.definition.verify.check(delivery)
    except RejectedEvent:
        if not delivery.secrets or not doors.intake.secrets.refresh(configured.secret):
            raise
        delivery = _delivery(request, configured, doors)
        configured.definition.verify.check(delivery)
    _claim(configured.definition.signed_tokens, delivery, doors)
    return delivery


def _claim(tokens: Sequence[str], delivery: Delivery, doors: WebhookDoors) -> None:
    """A token that is signed without its body stands for the first body that came with it."""
    if not tokens:
        return
    part = Part(payload=delivery.json, delivery=delivery)
    signatures = {place.partition(".")[0] for place in tokens}
    content = digest_of({name: delivery.json[name] for name in delivery.json.keys() - signatures})
    until_ms = delivery.received_at + A_DAY_OF_RETRIES + DAY_MS
    for token in filter(None, (select(part, place) for place in tokens)):
        named = digest_of([delivery.source, token])
        if not doors.tokens.claim(named, content, until_ms=until_ms):
            raise refuse("token_reused")


def _delivery(request: Request, configured: Configured, doors: WebhookDoors) -> Delivery:
    needs_secret = configured.definition.needs_secret
    return Delivery(
        source=request.path_parameters["source"],
        request=request,
        received_at=doors.intake.clock.now_ms(),
        certificates=doors.certificates,
        secrets=doors.intake.secrets.valid(configured.secret) if needs_secret else (),
        url=configured.url,
        topics=configured.topics,
    )


def _settle(subscription: Subscription, doors: WebhookDoors) -> None:
    if not subscription.is_ended:
        doors.subscriptions.confirm(subscription.topic, subscription.token)
        return
    ended = f"the subscription to {subscription.topic} was ended; no events come from it any more"
    doors.intake.report(NeedsHuman("subscription_ended", ended))


def _later(error: MillraceError) -> Response:
    seconds = getattr(error, "after_seconds", None) or RETRY_AFTER_SECONDS
    return error_response(
        503,
        error.code,
        "webhooks cannot be taken at this moment; send the same request again",
        retry_after=str(max(1, round(seconds))),
    )
