"""The sources that an operator configured, with their definitions."""

from __future__ import annotations

from collections.abc import Mapping

from millrace.errors import NeedsHuman
from millrace.intake.webhooks.model import WebhookSource
from millrace.intake.webhooks.ports import Configured
from millrace.settings import WebhookSettings


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
