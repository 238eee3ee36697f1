"""Who is who as the table has it: rows and their ties, without opening what anybody did."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from cli.connection import Connection
from cli.people import People
from cli.unsealing import keep_opening
from millrace.errors import NeedsHuman
from millrace.identity.model import Limits, profile_id
from millrace.identity.what_if import Known
from millrace.profiles.encoding import open_person, unseal
from millrace.profiles.model import Row
from millrace.profiles.reading import Rows, follow, root_of
from millrace.settings import IdentitySettings

MOST_NEAR = 200
"""People who hang together that are looked at for one question."""


class Ties:
    """The rows of one question; what was read stays as it was read."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._people = People(connection)
        self._rows: Rows = {}
        rules = msgspec.json.decode(connection.name("IdentityRules"), type=IdentitySettings)
        self.limits = Limits(shared_by=rules.shared_by, **rules.limits)
        """Those that were deployed."""

    def key(self, who: str) -> str:
        """The row key of an identifier that is written `kind:value`."""
        return self._people.key(who)

    def of(self, key: str) -> tuple[str, Known]:
        """Root and person; NeedsHuman `not_found` where no event used the identifier."""
        known = self.find(key)
        root = root_of(key, self._rows)
        if known is None or root is None:
            raise NeedsHuman("not_found", "nobody is known by this identifier")
        return root, known

    def find(self, key: str) -> Known | None:
        """The person that `key` leads to, if there is one."""
        follow(self._people.store, [key], self._rows)
        root = root_of(key, self._rows)
        return None if root is None else self._known(self._rows[root])

    def near(self, keys: Collection[str]) -> dict[str, Known]:
        """Everybody whom edges connect to `keys`, held or refused, by root."""
        found: dict[str, Known] = {}
        wanted = set(keys)
        while wanted and len(found) < MOST_NEAR:
            follow(self._people.store, wanted, self._rows)
            roots = {root for key in wanted if (root := root_of(key, self._rows))} - set(found)
            found |= {root: self._known(self._rows[root]) for root in roots}
            edges = [edge for root in roots for edge in found[root].edges if not edge.is_word]
            wanted = {end for edge in edges for end in (edge.a, edge.b)}
        unmet = [key for key in keys if root_of(key, self._rows) is None]
        return found | {key: Known(keys=(key,)) for key in unmet}

    def everybody(self) -> dict[str, Known]:
        """Every person in the table, by root."""
        return {row.key: self._known(row) for row in self._people.rows()}

    def values(self, root: str, purpose: str) -> dict[str, str]:
        """Row key to the identifier in clear; who opened it and why is kept before."""
        keep_opening(self._connection, root, f"identity {profile_id(root)}", purpose)
        outer = unseal(self._rows[root], self._people.vault)
        person = open_person(outer, self._people.keyring)
        return {key: one[0] for stem in person.stems for key, one in stem.identifiers.items()}

    def _known(self, row: Row | None) -> Known:
        outer = unseal(row, self._people.vault)
        return Known(keys=outer.keys, edges=outer.edges, reasons=outer.reasons)
