"""Finding everything that is held about one person, wherever the pipeline put it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, Protocol

import msgspec

from millrace.access.held import Held, Json, KeptChange, KeptEvent, Suppressed, Told
from millrace.access.sealed_parts import sealed_parts
from millrace.access.suppressed import suppressed
from millrace.access.tombstones import tombstones_of
from millrace.access.unusable import open_failed
from millrace.activation.channel import Channel
from millrace.activation.model import Update
from millrace.activation.plan import update_for
from millrace.activation.ports import Deliveries
from millrace.clock import DAY_MS
from millrace.errors import GiveUp
from millrace.events.model import Identifier
from millrace.identity.model import kind_of, row_key
from millrace.lake.columns import EVENTS, PROFILE_CHANGES, Table
from millrace.lake.model import ChangeRow
from millrace.lake.rows import open_event
from millrace.lake.values import open_value
from millrace.privacy import SubjectKey, SubjectReader, Vault
from millrace.privacy.ledger import Link
from millrace.privacy.ports import Ledger, Suppressions
from millrace.privacy.suppression import subject_of
from millrace.profiles.encoding import open_person, unseal
from millrace.profiles.keyring import Keyring
from millrace.profiles.model import Person, Profile
from millrace.profiles.ports import ProfileStore
from millrace.profiles.reading import Rows, follow, root_of
from millrace.profiles.rules import ReadRules
from millrace.profiles.view import first_values, profile_of


class LakeReader(Protocol):
    """The tables of the lake, each row once. Raises RetryLater `lake_unavailable`."""

    def rows(
        self, table: Table, column: str, values: Collection[str], since: int
    ) -> Iterator[Mapping[str, Any]]:
        """The rows whose `column` is one of `values`, of the days from that of `since` on."""
        ...


class GatherPorts(msgspec.Struct, frozen=True, kw_only=True):
    """Every place that holds something about people."""

    store: ProfileStore
    vault: Vault
    subjects: SubjectReader
    lake: LakeReader
    failed_events: Callable[[], Iterable[tuple[str, bytes]]]
    """Name and body of every failed event, replayed ones included."""
    deliveries: Deliveries
    ledger: Ledger
    suppressions: Suppressions
    channels: Mapping[str, Channel]
    rules: ReadRules
    now_ms: int


def gather(asked: Identifier, ports: GatherPorts) -> Held:
    """What is held about whoever `asked` leads to.

    Of whom no profile is known: the ledger, the suppression list, and failed events that name them.
    """
    key = row_key(asked.kind, ports.vault.token(asked.kind, asked.value))
    rows: Rows = {}
    follow(ports.store, [key], rows)
    root = root_of(key, rows)
    row = rows[root] if root else None
    if root is None or row is None:
        listed = suppressed({asked}, ports.suppressions, ports.vault)
        return Held(
            failed_events=_failed_events({key}, ports),
            suppressed=listed,
            ledger=_ledger({key}, listed, ports),
        )
    person = open_person(unseal(row, ports.vault), Keyring(ports.subjects.read))
    profile = profile_of(person, root, row.version, ports.rules, ports.now_ms)
    keys = {key, root, *person.keys, *(stem.key for stem in person.stems)}
    since = max(0, min((stem.first_seen for stem in person.stems), default=0) - DAY_MS)
    named = {asked, *_identifiers(person)}
    listed = suppressed(named, ports.suppressions, ports.vault)
    return Held(
        person=person,
        profile=profile,
        events=_events(keys, since, ports),
        changes=_changes(keys, since, ports),
        failed_events=_failed_events(keys, ports),
        told=_told(keys, profile, ports),
        suppressed=listed,
        ledger=_ledger(keys, listed, ports),
    )


def _identifiers(person: Person) -> Iterator[Identifier]:
    for key, (value, _) in first_values(person).items():
        yield Identifier(kind_of(key), value)


def _ledger(
    keys: Collection[str], listed: Collection[Suppressed], ports: GatherPorts
) -> list[Link]:
    chains = {*keys, *(subject_of(each.change.token) for each in listed)}
    return [link for each in sorted(chains) for link in ports.ledger.read(each)]


def _events(keys: Collection[str], since: int, ports: GatherPorts) -> list[KeptEvent]:
    """Each stem's by its subject's pseudonym, which is what the lake calls it."""
    data_keys = {
        subject.pseudonym: subject.key
        for subject in ports.subjects.read(keys).values()
        if subject.key is not None
    }
    found: dict[str, KeptEvent] = {}
    for row in ports.lake.rows(EVENTS, "subject", data_keys.keys(), since):
        event_id = str(row["event_id"])
        try:
            event = open_event(bytes(row["sealed"]), data_keys[str(row["subject"])])
            found[event_id] = KeptEvent(event_id=event_id, event=event)
        except GiveUp:
            found.setdefault(event_id, KeptEvent(event_id=event_id))
    return sorted(found.values(), key=lambda kept: kept.event.event_at if kept.event else 0)


def _changes(keys: Collection[str], since: int, ports: GatherPorts) -> list[KeptChange]:
    """Those under a name of theirs, and those of their events that stand under another's."""
    living = [one for one in ports.subjects.read(keys).values() if one.key is not None]
    names = {subject.pseudonym: subject.stem for subject in living}
    data_keys = {subject.pseudonym: subject.key for subject in living}
    found: dict[tuple[str, int, str, str], KeptChange] = {}
    for column in ("person", "subject"):
        for fields in ports.lake.rows(PROFILE_CHANGES, column, names.keys(), since):
            row = msgspec.convert(fields, ChangeRow)
            found[row.person, row.version, row.change, row.name] = _change(
                row, data_keys.get(row.subject), names
            )
    return sorted(found.values(), key=_in_order)


def _in_order(kept: KeptChange) -> tuple[int, str]:
    return kept.row.committed_at, kept.row.name


def _change(row: ChangeRow, data_key: SubjectKey | None, names: Mapping[str, str]) -> KeptChange:
    if not row.sealed or data_key is None:
        return KeptChange(row=row, keys=names)
    try:
        kept = open_value(row.sealed, row.person, data_key)
    except GiveUp:
        return KeptChange(row=row, keys=names)
    row = msgspec.structs.replace(row, name=kept.name or row.name)
    return KeptChange(row=row, value=kept.value, keys=names)


def _failed_events(keys: Collection[str], ports: GatherPorts) -> list[Json]:
    """Those that name one of the person's identifiers, wherever in them.

    One that may name somebody who was erased after it came is listed without what it says.
    """
    tombstones = tombstones_of(ports.store, ports.subjects)
    found: list[Json] = []
    for name, body in ports.failed_events():
        for part in sealed_parts(body):
            try:
                payload = open_failed(part, ports.vault)
            except GiveUp:
                continue
            if not payload.named & set(keys):
                continue
            at = int(part.clear.get("received_at", 0))
            erased = tombstones(payload.hinted)
            content = None if any(at <= each for each in erased.values()) else payload.text
            found.append({"name": name, **part.clear, "payload": content})
    return found


def _told(keys: Collection[str], profile: Profile | None, ports: GatherPorts) -> list[Told]:
    """What each destination knows: its state where it is what it would be told today."""
    found: list[Told] = []
    for name, channel in ports.channels.items():
        for last in ports.deliveries.read_many(name, sorted(keys)).values():
            now = _update(channel, profile, ports.vault)
            state = now.state if now and now.digest == last.digest else None
            found.append(Told(destination=name, delivery=last, state=state))
    return found


def _update(channel: Channel, profile: Profile | None, vault: Vault) -> Update | None:
    if profile is None:
        return None
    made = update_for(channel, profile, None, lambda text: vault.token("told", text))
    return made if isinstance(made, Update) else None
