"""The gate before the fold: behaviour that a person did not allow is not kept."""

from __future__ import annotations

from collections.abc import Iterable

from millrace.privacy.signals import ANALYTICS, is_behaviour
from millrace.profiles.consents import answer_about
from millrace.profiles.facts import Fact
from millrace.profiles.model import Person
from millrace.settings import ConsentSettings


def blocked(person: Person, facts: Iterable[Fact], rules: ConsentSettings) -> set[int]:
    """The numbers of the facts that must not be kept; `person` has heard what the facts say."""
    return {
        fact.number
        for fact in facts
        if is_behaviour(fact.event) and not _is_kept(fact, person, rules)
    }


def _is_kept(fact: Fact, person: Person, rules: ConsentSettings) -> bool:
    """By the event's own word, else by what the person had said by then, else by the regime."""
    own = fact.consents.get(ANALYTICS)
    if own is not None:
        return own.status == "granted"
    regime = rules.regimes.get(fact.event.source)
    if regime == "required":
        return False
    given = answer_about(ANALYTICS, person, until=fact.event.event_at)
    if given is not None:
        return given.status == "granted"
    if regime is not None:
        return regime == "opt_out"
    known = rules.purposes.get(ANALYTICS)
    return known is not None and known.unless_told == "allow"
