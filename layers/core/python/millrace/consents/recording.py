"""What events say about consent goes into the ledger and onto the suppression list, once each.

Both take the same thing twice without harm: an entry is named by its event, a suppression is the
newest word on its reason. So a batch may come again from any point, after a crash anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from millrace.errors import GiveUp, RetryLater
from millrace.events import Event, open_envelope
from millrace.events.upcasting import as_newest
from millrace.identity.model import row_key
from millrace.privacy import Vault
from millrace.privacy.consent import ConsentRecord
from millrace.privacy.ledger import Entry
from millrace.privacy.ports import Ledger, Suppressions
from millrace.privacy.signals import is_decision, is_trusted, records_of
from millrace.privacy.suppression import ADDRESSES, TOKEN_KIND, changes_of
from millrace.profiles.seen import event_id
from millrace.settings import ConsentSettings

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}", re.ASCII)
"""A version that can be nobody's name or address; any other text becomes a fingerprint."""
Known = dict[str, dict[str, tuple[int, str]]]
"""Subject to purpose to when and what its chain said last."""


class Record(Protocol):
    """One record of the stream; `runtime.kinesis.StreamRecord` is one."""

    @property
    def sequence_number(self) -> str: ...
    @property
    def data(self) -> bytes: ...


class RecordPorts(msgspec.Struct, frozen=True, kw_only=True):
    """What recording works with."""

    vault: Vault
    ledger: Ledger
    suppressions: Suppressions
    rules: ConsentSettings


class Recorded(msgspec.Struct, kw_only=True):
    """What came of a batch; `retry` are the sequence numbers that have to come again."""

    entries: int = 0
    unreadable: int = 0
    retry: list[str] = msgspec.field(default_factory=list)


def record(records: Sequence[Record], ports: RecordPorts) -> Recorded:
    """Record a batch in its order, up to what cannot be recorded now."""
    done = Recorded()
    known: Known = {}
    for place, each in enumerate(records):
        try:
            events = open_envelope(each.data, ports.vault).events
        except GiveUp:  # profiles/update keeps and counts it
            done.unreadable += 1
            continue
        try:
            done.entries += sum(_record(as_newest(event), ports, known) for event in events)
        except RetryLater:
            done.retry = [left.sequence_number for left in records[place:]]
            break
    return done


def _record(event: Event, ports: RecordPorts, known: Known) -> int:
    """How many entries are new: the list first, as that is what protects somebody."""
    name = event_id(event)
    said = records_of(event, name, ports.rules)
    _suppress(event, said, ports)
    if not said:
        return 0
    subject = row_key(event.anchor.kind, ports.vault.token(event.anchor.kind, event.anchor.value))
    if subject not in known:
        known[subject] = _latest(each.entry for each in ports.ledger.read(subject))
    latest, new = known[subject], 0
    for purpose, one in said.items():
        if is_decision(event) or _is_change(one, latest.get(purpose)):
            new += ports.ledger.append(_entry(subject, purpose, one, event, ports.vault))
            latest[purpose] = max((one.at, one.status), latest.get(purpose, (-1, "")))
    return new


def _suppress(event: Event, said: Mapping[str, ConsentRecord], ports: RecordPorts) -> None:
    """Of a phone only an objection is known: the other reasons are about mail."""
    for each in event.identifiers:
        if each.kind not in ADDRESSES:
            continue
        token = ports.vault.token(TOKEN_KIND, each.value)
        for change in changes_of(event, token, said, is_trusted=is_trusted(event, ports.rules)):
            if each.kind == "email" or change.reason == "objected":
                ports.suppressions.record(change)


def _is_change(said: ConsentRecord, latest: tuple[int, str] | None) -> bool:
    """Whether a state that travels with every event is another than the chain says."""
    return latest is None or (said.at >= latest[0] and said.status != latest[1])


def _latest(entries: Iterable[Entry]) -> dict[str, tuple[int, str]]:
    latest: dict[str, tuple[int, str]] = {}
    for entry in entries:
        if entry.kind == "consent":
            said = (entry.at, entry.status)
            latest[entry.purpose] = max(said, latest.get(entry.purpose, said))
    return latest


def _entry(subject: str, purpose: str, said: ConsentRecord, event: Event, vault: Vault) -> Entry:
    operator: Mapping[str, object] = event.properties if event.type == "operation" else {}
    return Entry(
        subject=subject,
        kind="consent",
        event=said.event.hex(),
        at=said.at,
        purpose=purpose,
        status=said.status,
        basis=_plain(said.basis, vault),
        text_version=_plain(said.text_version, vault),
        source=said.source,
        proof=vault.token("proof", said.proof) if said.proof else "",
        by=str(operator.get("operator", "")),
    )


def _plain(text: str, vault: Vault) -> str:
    """The text where it names nobody, else its fingerprint."""
    return text if not text or _PLAIN.fullmatch(text) else "#" + vault.token("text", text)
