"""Asking destinations to delete a person: each once a pass, whoever crashes in between."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from millrace.activation.model import Leaver
from millrace.erasure.model import Erasure, Known, Save
from millrace.erasure.ports import Forgetting
from millrace.errors import MillraceError, NeedsHuman, RetryLater
from millrace.identity.model import profile_id


def ask_each(
    names: Iterable[str], erasure: Erasure, known: Known, destinations: Forgetting, save: Save
) -> tuple[Erasure, dict[str, MillraceError]]:
    """With a receipt of each; one that does not answer holds up the pass, not the others."""
    leaver = Leaver(
        request_id=f"{erasure.id}-{erasure.passes + 1}",
        identifiers=known.identifiers,
        profile_ids=[profile_id(key) for key in known.keys],
    )
    late: dict[str, MillraceError] = {}
    for name in names:
        place = f"{erasure.passes + 1}/{name}"
        if place in erasure.receipts:
            continue
        try:
            receipt = destinations.ask(name, leaver)
        except (RetryLater, NeedsHuman) as error:
            late[name] = error
            continue
        erasure = save(erasure, receipts={**erasure.receipts, place: receipt})
    return erasure, late


def late_error(late: Mapping[str, MillraceError]) -> RetryLater:
    """What holds a pass up, in one error under the code of the first destination."""
    said = "; ".join(f"{name}: {error.message}" for name, error in late.items())
    return RetryLater(next(iter(late.values())).code, said)
