"""What a config says of destinations and webhooks, held against their definitions."""

from __future__ import annotations

import difflib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping

import millrace_destinations
import millrace_sources.webhooks
from millrace.activation import Destination
from millrace.events.operation import SOURCE
from millrace.intake.webhooks import WebhookSource
from millrace.registry import definition_in, discover

EVERYWHERE = ("base_url",)
"""Options of every destination."""


def mistakes(
    destinations: Mapping[str, Mapping[str, object]],
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Where and what: destinations without a definition, options that no definition reads.

    `destinations` holds the options of each, by name.
    """
    defined = discover(millrace_destinations, Destination)
    for name, options in destinations.items():
        if name not in defined:
            yield ("destinations", name), _refusal("destination", name, defined)
            continue
        allowed = {"secret": "", **dict.fromkeys(EVERYWHERE, ""), **defined[name].options}
        for option in sorted(options.keys() - allowed.keys()):
            place = ("destinations", name, option)
            yield place, _refusal("key", ".".join(place), allowed, near=option)


def webhook_names() -> frozenset[str]:
    """The webhook sources there are; their modules are not imported for that."""
    return frozenset(each.name for each in pkgutil.iter_modules(millrace_sources.webhooks.__path__))


def vendor_of(source: str, webhook: str) -> str | None:
    """The vendor whose webhook a source is: what it says in `webhook`, else its own name.

    None for a source of the tracking API.
    """
    vendor = webhook or source
    return vendor if vendor in webhook_names() else None


def webhook_of(source: str, webhook: str) -> WebhookSource | None:
    """The definition of the webhook that a source is; None for one of the tracking API."""
    vendor = vendor_of(source, webhook)
    if vendor is None:
        return None
    return definition_in(millrace_sources.webhooks, vendor, WebhookSource)


def webhook_mistakes(
    webhooks: Mapping[str, str],
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Where and what: sources that name a vendor which nobody wrote; `webhooks` is by source."""
    defined = dict.fromkeys(webhook_names(), "")
    for name, webhook in webhooks.items():
        if webhook and webhook not in defined:
            yield ("sources", name, "webhook"), _refusal("webhook", webhook, defined)


def queue_mistakes(
    queued: Iterable[str], webhooks: Mapping[str, str]
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Where and what: sources with a queue whose messages do not come by one."""
    for name in queued:
        definition = webhook_of(name, webhooks[name])
        if definition is None or not definition.has_queue:
            able = ", ".join(
                vendor
                for vendor in sorted(webhook_names())
                if (found := webhook_of(vendor, "")) and found.has_queue
            )
            yield (
                ("sources", name, "queue"),
                f"`{name}` cannot come by a queue; allowed: webhooks of {able}",
            )


def source_mistakes(sources: Iterable[str]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Where and what: sources under a name that is ours."""
    if SOURCE in sources:
        yield ("sources", SOURCE), f"`{SOURCE}` is the source of operations; name yours otherwise"


def _refusal(kind: str, name: str, allowed: Mapping[str, object], *, near: str = "") -> str:
    close = difflib.get_close_matches(near or name, allowed, n=1)
    hint = f"did you mean `{close[0]}`? " if close else ""
    return f"unknown {kind} `{name}`; {hint}allowed: {', '.join(sorted(allowed))}"
