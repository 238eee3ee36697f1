"""The certificate of an erasure: which stores, what was done there, and what remains for how long.

It names nobody. Its digest covers every field, and stands in the ledger of each identifier, whose
chain ends in a daily root that nobody can change: who has the certificate and the chain can tell,
offline, that neither was altered (`millrace.erasure.verifying`).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from millrace.activation.forget import ForgetReceipt
from millrace.clock import HOUR_MS
from millrace.erasure.model import Erasure, Known, Sweep
from millrace.privacy.ledger import Link

VERSION = 1
_DROPPED = "sealed under the branch key; dropped or refused by every reader, as the tombstones say"
_DESTROYED = "sealed under keys that were destroyed"
REMAINS = {
    "source_queues": (
        "queues of sources and their dead letters",
        "as AWS put it there, encrypted by the queue; what is taken later was received before",
    ),
    "overflow_queue": ("overflow queue and its dead letters", _DROPPED),
    "events_stream": ("events stream", _DROPPED),
    "parked": ("batches that are parked after the second pass", _DROPPED),
    "erasures": (
        "backups of the erasures table",
        "who was erased, sealed under the branch key; in the table itself it is deleted",
    ),
    "lake": (
        "lake, old versions included",
        f"{_DESTROYED}; behaviour and history under pseudonyms of nobody",
    ),
    "backups": ("backups of the tables", _DESTROYED),
}
"""What nobody can edit, where there is such a thing: its name here, and in what state it is."""
CACHED_MS = 60_000
SWEPT = "deleted, or written anew without the person, every version"
_PROOFS = frozenset({"digest", "ledger", "inclusion"})
"""What proves the certificate, and cannot be in its own digest."""
_encode = msgspec.json.Encoder(order="deterministic").encode


def certificate(
    erasure: Erasure, known: Known, suppressed: int, remains_hours: Mapping[str, int]
) -> dict[str, Any]:
    """The certificate without its place in the ledger; `digest` covers what is here.

    `suppressed` is how many addresses nobody may write to any more, as the person objected;
    `remains_hours` how long after the erasure something is left at most, by name in `REMAINS`.
    """
    receipts = _last_receipts(erasure.receipts)
    body: dict[str, Any] = {
        "certificate": VERSION,
        "erasure": erasure.id,
        "outcome": known.outcome,
        "requested_at": erasure.requested_at,
        "erased_at": erasure.erased_at,
        "completed_at": erasure.passed_at,
        "by": erasure.by,
        "reason": erasure.reason,
        "identifiers": list(known.keys),
        "stores": list(_stores(erasure, known, len(receipts), suppressed)),
        "destinations": [msgspec.to_builtins(receipt) for receipt in receipts],
        "is_complete": all(receipt.is_settled for receipt in receipts),
        "remains": [
            *_remains(erasure.erased_at, remains_hours),
            *_of_others(erasure, known, remains_hours),
        ],
    }
    return body | {"digest": digest_of(body)}


def _stores(
    erasure: Erasure, known: Known, deliveries: int, suppressed: int
) -> Iterator[dict[str, Any]]:
    """What was done in each, and to how many."""
    names = len(known.keys)
    told = "addresses of the person removed; destinations are told what is left"
    yield _done("profiles", "tombstones over every row", names)
    yield _done("subjects", "data keys and pseudonyms destroyed", names)
    yield _done("profiles, of others", "mentions removed", len(known.neighbours))
    yield _done("profiles, traits of others", told, len(known.sharers))
    yield _done("profiles, seen ids", "deleted", names)
    yield _done("deliveries", "deleted", deliveries)
    yield from _swept(erasure.sweeps)
    yield _done("suppression list", "addresses added, as tokens", suppressed)


def _done(store: str, done: str, count: int) -> dict[str, Any]:
    return {"store": store, "done": done, "count": count}


def _swept(sweeps: Mapping[str, Sweep]) -> Iterator[dict[str, Any]]:
    """Objects of both passes, by store."""
    counts: Counter[str] = Counter()
    for place, done in sweeps.items():
        counts[place.partition("/")[2]] += done.objects
    for store, count in sorted(counts.items()):
        yield _done(store, SWEPT, count)


def _remains(erased_at: int, hours: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    for name, (store, state) in REMAINS.items():
        if name in hours:
            yield {"store": store, "until": erased_at + hours[name] * HOUR_MS, "state": state}
    state = "keys that were read before"
    store = "caches of running functions"
    yield {"store": store, "until": erased_at + CACHED_MS, "state": state}


def _of_others(
    erasure: Erasure, known: Known, hours: Mapping[str, int]
) -> Iterator[dict[str, Any]]:
    """What others sent while they held an address of the person is theirs, and stays with them."""
    if known.sharers:
        until = erasure.erased_at + max(hours["lake"], hours["backups"]) * HOUR_MS
        state = "what others sent with an address of the person, under keys of their own"
        yield {"store": "lake and backups, of others", "until": until, "state": state}


def digest_of(body: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON of everything but digest, ledger and inclusion."""
    kept = {name: value for name, value in body.items() if name not in _PROOFS}
    return hashlib.sha256(_encode(kept)).hexdigest()


def with_chains(body: dict[str, Any], chains: Mapping[str, Sequence[Link]]) -> dict[str, Any]:
    """The certificate with the chain of each identifier, up to the link of this erasure."""
    found = {
        key: msgspec.to_builtins(_until(links, str(body["digest"])))
        for key, links in sorted(chains.items())
    }
    return body | {"ledger": found}


def _until(links: Sequence[Link], digest: str) -> list[Link]:
    ends = [place for place, link in enumerate(links) if link.entry.proof == digest]
    return list(links[: ends[0] + 1]) if ends else []


def _last_receipts(receipts: Mapping[str, ForgetReceipt]) -> list[ForgetReceipt]:
    """What each destination said when it was asked last."""
    last = {name.partition("/")[2]: receipt for name, receipt in sorted(receipts.items())}
    return [last[name] for name in sorted(last)]
