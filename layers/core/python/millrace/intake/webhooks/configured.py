"""The sources that an operator configured, with their definitions, and what answers them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from millrace.errors import NeedsHuman
from millrace.intake.ports import Doors
from millrace.intake.webhooks.model import WebhookSource
from millrace.intake.webhooks.ports import Certificates, SignedTokens, Subscriptions
from millrace.settings import WebhookSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class Configured:
    """One source as an operator configured it: its definition, and what is theirs to say."""

    definition: WebhookSource
    secret: str
    """Name of its secret."""
    url: str = ""
    """The address as registered with the vendor, where the signature covers it."""
    topics: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class WebhookDoors:
    """What `millrace.intake.webhooks.answering.answer` works with."""

    intake: Doors
    sources: Mapping[str, Configured]
    certificates: Certificates
    subscriptions: Subscriptions
    tokens: SignedTokens


def configured(
    settings: Mapping[str, WebhookSettings], definitions: Mapping[str, WebhookSource]
) -> dict[str, Configured]:
    """Each source by its name; NeedsHuman `definition_not_found` for one that nobody wrote."""
    unknown = sorted({each.definition for each in settings.values()} - definitions.keys())
    if unknown:
        raise NeedsHuman("definition_not_found", f"no webhook source is called {unknown[0]}")
    return {
        name: Configured(
            definition=definitions[each.definition],
            secret=each.secret,
            url=each.url,
            topics=frozenset(each.topics),
        )
        for name, each in settings.items()
    }
