"""What is, or was, on the suppression list of a person's addresses."""

from __future__ import annotations

from collections.abc import Collection

from millrace.access.held import Suppressed
from millrace.events.model import Identifier
from millrace.privacy import Vault
from millrace.privacy.ports import Suppressions
from millrace.privacy.suppression import ADDRESSES, TOKEN_KIND


def suppressed(
    identifiers: Collection[Identifier], suppressions: Suppressions, vault: Vault
) -> list[Suppressed]:
    """Of those identifiers by which somebody is written to, the oldest word first."""
    addresses = [each for each in sorted(identifiers) if each.kind in ADDRESSES]
    by_token = {vault.token(TOKEN_KIND, each.value): each for each in addresses}
    found = sorted(suppressions.said(by_token), key=lambda change: (change.at, change.reason))
    return [Suppressed(address=by_token[change.token], change=change) for change in found]
