"""One person against the policy."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

import msgspec

from millrace.audit.findings import Finding, name_of
from millrace.audit.pii import is_pii
from millrace.audit.policy import Policy
from millrace.clock import DAY_MS
from millrace.errors import GiveUp
from millrace.events.operation import SOURCE as OPERATOR
from millrace.identity.model import kind_of
from millrace.privacy import SubjectReader, Vault
from millrace.privacy.signals import MAIL
from millrace.profiles.consents import answer_about, answers
from millrace.profiles.encoding import open_person, unseal
from millrace.profiles.keyring import Keyring
from millrace.profiles.model import Person, Row
from millrace.profiles.view import first_values
from millrace.profiles.withdrawals import Said, overdue

_decode = msgspec.json.Decoder().decode


class People(msgspec.Struct, frozen=True, kw_only=True):
    """What it takes to look at somebody."""

    vault: Vault
    subjects: SubjectReader
    suppressed: Callable[[Collection[str]], Collection[str]]
    """Those of some addresses that are on the suppression list."""
    said: Said
    policy: Policy
    now_ms: int


def audit_person(row: Row, people: People) -> Iterator[Finding]:
    """What is wrong with the person in a root row; nothing for an alias or a tombstone."""
    if row.to or row.is_tombstone:
        return
    try:
        person = open_person(unseal(row, people.vault), Keyring(people.subjects.read))
    except GiveUp as error:
        yield Finding(code="sealed_value_unreadable", where=row.key, what=error.message)
        return
    if not person.stems:
        return
    yield from _retention(row.key, person, people)
    yield from _withdrawn(row.key, person, people)
    yield from _traits(row.key, person, people.policy)
    yield from _suppression(row.key, person, people)


def _retention(key: str, person: Person, people: People) -> Iterator[Finding]:
    days = (people.now_ms - person.committed_at) // DAY_MS
    if days > people.policy.profiles_days:
        limit = people.policy.profiles_days
        what = f"no event for {days} days; people are kept for {limit}"
        yield Finding(code="person_past_retention", where=key, what=what)


def _withdrawn(key: str, person: Person, people: People) -> Iterator[Finding]:
    """A day more than its term: the daily run has had its chance."""
    rules, since = people.policy.consent, people.now_ms - DAY_MS
    for found in overdue(person, rules, people.said, since):
        kinds = " and ".join(found.kinds)
        what = f"{found.purpose} was withdrawn more than {found.days} days ago"
        what += f"; its {kinds} data is kept for {found.allowed}"
        yield Finding(code="withdrawn_data_past_term", where=key, what=what)


def _traits(key: str, person: Person, policy: Policy) -> Iterator[Finding]:
    known = policy.sources | {OPERATOR}
    telling: set[str] = set()
    foreign: set[tuple[str, str]] = set()
    for stem in person.stems:
        for name, by_source in stem.traits.items():
            for source, candidates in by_source.items():
                if is_pii(name, _decode(candidates[0].value), policy.marked):
                    telling.add(name)
                if source not in known:
                    foreign.add((name, source))
    for name, source in sorted(foreign):
        what = f"the trait {name_of(name)} comes from {name_of(source) if source else 'nowhere'}"
        yield Finding(code="trait_without_source", where=key, what=what)
    if telling and not _may_be_used(person, policy):
        names = ", ".join(sorted({name_of(name) for name in telling}))
        yield Finding(code="pii_without_consent", where=key, what=f"{names}: for no purpose")


def _may_be_used(person: Person, policy: Policy) -> bool:
    """Whether any purpose allows it: by an answer, or unless told otherwise."""
    given = answers(person)
    return any(
        given[name].status == "granted" if name in given else purpose.unless_told == "allow"
        for name, purpose in policy.consent.purposes.items()
    )


def _suppression(key: str, person: Person, people: People) -> Iterator[Finding]:
    """Who said no to e-mail by an act of theirs must be on the list that outlives the profile."""
    given = answer_about(MAIL, person)
    if given is None or given.status != "denied" or not _is_act(person):
        return
    addresses = [value for each, (value, _) in first_values(person).items()
                 if kind_of(each) == "email"]  # fmt: skip
    missing = len(addresses) - len(people.suppressed(addresses))
    if missing:
        what = f"{missing} of {len(addresses)} addresses are not suppressed"
        yield Finding(code="suppression_gap", where=key, what=what)


def _is_act(person: Person) -> bool:
    records = [one for stem in person.stems for one in stem.consents.get(MAIL, ())]
    return any(record.is_act and record.status == "denied" for record in records)
