"""The people where the commands look, opened as whoever asks may open them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec

from cli.connection import Connection
from millrace.adapters.clock import SystemRandomness
from millrace.adapters.profile_items import to_row
from millrace.adapters.profiles import DynamoProfiles
from millrace.adapters.subjects import DynamoSubjects
from millrace.adapters.vault import KmsVault
from millrace.errors import NeedsHuman
from millrace.events.identifiers import identifier_in
from millrace.identity.model import profile_id, row_key
from millrace.profiles.encoding import open_person, unseal
from millrace.profiles.keyring import Keyring
from millrace.profiles.model import Person, Profile, Row
from millrace.profiles.reading import Rows, follow, root_of
from millrace.profiles.rules import ReadRules
from millrace.profiles.view import profile_of


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One person."""

    root: str
    version: int
    person: Person

    @property
    def profile_id(self) -> str:
        return profile_id(self.root)


class People:
    """Rows of the profiles table as people."""

    def __init__(self, connection: Connection) -> None:
        dynamodb = connection.client("dynamodb")
        subjects_table = connection.name("SubjectsTable")
        self.vault = KmsVault(
            stage=connection.name("Stage"),
            table=subjects_table,
            key_arn=connection.name("KeyArn"),
            dynamodb=dynamodb,
            kms=connection.client("kms"),
            randomness=SystemRandomness(),
        )
        subjects = DynamoSubjects(
            table=subjects_table,
            dynamodb=dynamodb,
            vault=self.vault,
            randomness=SystemRandomness(),
        )
        self.keyring = Keyring(subjects.read)
        self.rules = ReadRules(
            priorities=json.loads(connection.name("SourcePriorities")),
            policies=json.loads(connection.name("TraitPolicies")),
        )
        self._now_ms = connection.now_ms
        self._table = connection.name("ProfilesTable")
        self._dynamodb: Any = dynamodb
        self.store = DynamoProfiles(
            table=self._table,
            dynamodb=dynamodb,
            vault=self.vault,
            subjects=subjects,
            rules=self.rules,
        )

    def key(self, who: str) -> str:
        """The row key of an identifier that is written `kind:value`."""
        identifier = identifier_in(who)
        if identifier is None:
            raise NeedsHuman(
                "bad_identifier",
                "write <kind>:<value>, as in user_id:4711 or email:ada@example.com",
            )
        return row_key(identifier.kind, self.vault.token(identifier.kind, identifier.value))

    def find(self, who: str) -> Found:
        """The person; NeedsHuman `not_found` where nobody is known by that identifier."""
        key = self.key(who)
        rows: Rows = {}
        follow(self.store, [key], rows)
        row = rows.get(root_of(key, rows) or "")
        found = self._opened(row) if row else None
        if found is None:
            raise NeedsHuman("not_found", "nobody is known by this identifier")
        return found

    def rows(self) -> Iterator[Row]:
        """Every root row, in the table's own order; the table is read as a whole."""
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=self._table,
            FilterExpression="sk = :root AND attribute_exists(#state)",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues={":root": {"S": "root"}},
        )
        for page in pages:
            yield from map(to_row, page["Items"])

    def every(self) -> Iterator[Found]:
        """Everybody of whom an event is known."""
        found = (self._opened(row) for row in self.rows())
        return (one for one in found if one is not None)

    def profile(self, found: Found) -> Profile | None:
        """What readers see of somebody."""
        return profile_of(found.person, found.root, found.version, self.rules, self._now_ms())

    def _opened(self, row: Row) -> Found | None:
        outer = unseal(row, self.vault)
        self.keyring.load(stem.key for stem in outer.stems)
        person = open_person(outer, self.keyring)
        if not person.stems:
            return None
        return Found(root=row.key, version=row.version, person=person)
