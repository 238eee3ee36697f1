"""The certificate of an erasure: which stores, what was done there, and what remains for how long.

It names nobody. Its digest covers every field, and stands in the ledger of each identifier, whose
chain ends in a daily root that nobody can change: who has the certificate and the chain can tell,
offline, that neither was altered.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from millrace.activation.forget import ForgetReceipt
from millrace.erasure.model import Erasure, Known
from millrace.privacy.ledger import Link, faults

VERSION = 1
REMAINS = (
    {
        "store": "events stream, its queues, detours and parked batches",
        "until": "their retention ends",
        "state": "sealed under the branch key; dropped by every reader, as the tombstones say",
    },
    {
        "store": "lake, backups and older copies of the tables",
        "until": "their retention ends",
        "state": "sealed under keys that were destroyed; behaviour under a pseudonym of nobody",
    },
    {
        "store": "caches of running functions",
        "until": "60 seconds after the first tombstone",
        "state": "keys that were read before",
    },
)
_encode = msgspec.json.Encoder(order="deterministic").encode


def certificate(
    erasure: Erasure, known: Known, completed_at: int, suppressed: int
) -> dict[str, Any]:
    """The certificate without its place in the ledger; `digest` covers what is here.

    `suppressed` is how many addresses nobody may write to any more: the person objected.
    """
    receipts = _last_receipts(erasure.receipts)
    body: dict[str, Any] = {
        "certificate": VERSION,
        "erasure": erasure.id,
        "outcome": known.outcome,
        "requested_at": erasure.requested_at,
        "erased_at": erasure.erased_at,
        "completed_at": completed_at,
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
            {"store": "failed events", "done": "deleted", "count": len(erasure.failed_events)},
            {
                "store": "suppression list",
                "done": "addresses added, as tokens",
                "count": suppressed,
            },
        ],
        "destinations": [msgspec.to_builtins(receipt) for receipt in receipts],
        "is_complete": all(receipt.is_settled for receipt in receipts),
        "remains": [dict(one) for one in REMAINS],
    }
    return body | {"digest": digest_of(body)}


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
