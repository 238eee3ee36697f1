"""What an audit can find: a stable code, and what to do about it."""

from __future__ import annotations

import re
from typing import Literal, get_args

import msgspec

Code = Literal[
    "destination_without_purposes",
    "lake_outlives_people",
    "ledger_broken",
    "person_past_retention",
    "pii_without_consent",
    "sealed_value_unreadable",
    "source_without_consent_default",
    "suppression_gap",
    "term_not_deployed",
    "trait_without_source",
    "withdrawn_data_past_term",
]
ADVICE: dict[Code, str] = {
    "destination_without_purposes": "say in the config what it uses people's data for: "
    "[destinations.<name>] purposes = [...]",
    "lake_outlives_people": "let [retention] lake_days be profiles_days at most; until then ask "
    "who wants to be erased for every identifier of theirs",
    "ledger_broken": "somebody changed or removed entries: compare with a restore of the table and "
    "with the daily roots, and find out who may write there",
    "person_past_retention": "functions/privacy/retain removes them by itself; if they stay for a "
    "day, look at its log and its alarm",
    "pii_without_consent": "no purpose allows it to be used: ask for consent, or erase the person",
    "sealed_value_unreadable": "the value was changed, or its key is not there: was a table "
    "restored without the other?",
    "source_without_consent_default": "say what holds for people who said nothing: "
    '[sources.<name>] consent = "opt_in" or "opt_out"',
    "suppression_gap": "the address said no to e-mail and is not on the suppression list: record "
    "the refusal again (PUT /v1/consents/email:...), which puts it there",
    "term_not_deployed": "deploy the configuration that is meant, or audit with --config the one "
    "that is deployed",
    "trait_without_source": "the source is not in the config: add it again, or roll its values "
    "back (millrace profile rollback)",
    "withdrawn_data_past_term": "functions/privacy/retain removes it by itself; if it stays for a "
    "day, look at its log and its alarm",
}
assert set(ADVICE) == set(get_args(Code))
_PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}", re.ASCII)


class Finding(msgspec.Struct, frozen=True, order=True, kw_only=True):
    """One thing that breaks policy. `where` names rows, sources and fields, never a person."""

    code: Code
    where: str
    what: str

    @property
    def todo(self) -> str:
        return ADVICE[self.code]


def name_of(field: str) -> str:
    """The name of a trait, unless a sender could have put somebody's data into it."""
    return field if _PLAIN_NAME.fullmatch(field) else "(a trait whose name is withheld)"
