"""The certificate of an erasure: which stores, what was done there, and what remains for how long.

It names nobody. Its digest covers every field, and stands in the ledger of each identifier, whose
chain ends in a daily root that nobody can change: who has the certificate and the chain can tell,
offline, that neither was altered.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from millrace.activation.forget import ForgetReceipt
from millrace.clock import HOUR_MS
from millrace.erasure.model import Erasure, Known, Sweep
from millrace.privacy.ledger import Link, faults

VERSION = 1
_DROPPED = "sealed under the branch key; dropped or refused by every reader, as the tombstones say"
_DESTROYED = "sealed under keys that were destroyed"
REMAINS = {
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
"""What nobody can edit: its name here, and in what state it is."""
CACHED_MS = 60_000
SWEPT = "deleted, or written anew without the person, every version"
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
        "stores": [
            {"store": "profiles", "done": "tombstones over every row", "count": len(known.keys)},
            {
                "store": "subjects",
                "done": "data keys and pseudonyms destroyed",
                "count": len(known.keys),
            },
            {
                "store": "profiles, of others",
                "done": "mentions removed",
                "count": len(known.neighbours),
            },
            {"store": "profiles, seen ids", "done": "deleted", "count": len(known.keys)},
            {"store": "deliveries", "done": "deleted", "count": len(receipts)},
            *_swept(erasure.sweeps),
            {
                "store": "suppression list",
                "done": "addresses added, as tokens",
                "count": suppressed,
            },
        ],
        "destinations": [msgspec.to_builtins(receipt) for receipt in receipts],
        "is_complete": all(receipt.is_settled for receipt in receipts),
        "remains": list(_remains(erasure.erased_at, remains_hours)),
    }
    return body | {"digest": digest_of(body)}


def _swept(sweeps: Mapping[str, Sweep]) -> Iterator[dict[str, Any]]:
    """Objects of both passes, by store."""
    counts: Counter[str] = Counter()
    for place, done in sweeps.items():
        counts[place.partition("/")[2]] += done.objects
    for store, count in sorted(counts.items()):
        yield {"store": store, "done": SWEPT, "count": count}


def _remains(erased_at: int, hours: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    for name, (store, state) in REMAINS.items():
        yield {"store": store, "until": erased_at + hours[name] * HOUR_MS, "state": state}
    state = "keys that were read before"
    store = "caches of running functions"
    yield {"store": store, "until": erased_at + CACHED_MS, "state": state}


def digest_of(body: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON of everything but digest and ledger."""
    kept = {name: value for name, value in body.items() if name not in {"digest", "ledger"}}
    return hashlib.sha256(_encode(kept)).hexdigest()


def with_chains(body: dict[str, Any], chains: Mapping[str, Sequence[Link]]) -> dict[str, Any]:
    """The certificate with the chain of each identifier, up to the link of this erasure."""
    found = {
        key: msgspec.to_builtins(_until(links, str(body["digest"])))
        for key, links in sorted(chains.items())
    }
    return body | {"ledger": found}


def verify(body: Mapping[str, Any]) -> list[str]:
    """What is wrong with a certificate, in words; nothing when it is whole. Needs no network."""
    if body.get("certificate") != VERSION:
        return [f"this is no certificate of version {VERSION}"]
    found = []
    if not hmac.compare_digest(digest_of(body), str(body.get("digest"))):
        found.append("the certificate was changed: its digest is another one")
    ledger = body.get("ledger")
    ledger = ledger if isinstance(ledger, Mapping) else {}
    for key in body.get("identifiers", ()):
        found += [f"{key}: {fault}" for fault in _faults_of(ledger.get(key), key, body)]
    return found


def _faults_of(chain: Any, key: str, body: Mapping[str, Any]) -> list[str]:
    try:
        links = msgspec.convert(chain, list[Link])
    except msgspec.ValidationError:
        return ["its chain is missing, or is none"]
    found = faults(links)
    last = links[-1].entry if links else None
    if last is None or (last.subject, last.kind, last.proof) != (
        key,
        "erasure",
        body.get("digest"),
    ):
        found.append("the last link of its chain is not this erasure")
    return found


def _until(links: Sequence[Link], digest: str) -> list[Link]:
    ends = [place for place, link in enumerate(links) if link.entry.proof == digest]
    return list(links[: ends[0] + 1]) if ends else []


def _last_receipts(receipts: Mapping[str, ForgetReceipt]) -> list[ForgetReceipt]:
    """What each destination said when it was asked last."""
    last = {name.partition("/")[2]: receipt for name, receipt in sorted(receipts.items())}
    return [last[name] for name in sorted(last)]
