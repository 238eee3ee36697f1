"""The columns of the lake's tables, once: Parquet, Glue and DuckDB read them from here.

Nothing here names a person: who it is travels as a random pseudonym that dies with the subject's
key, what they wrote in `sealed`. No column is made of an identifier, not even by a keyed hash.
"""

from __future__ import annotations

import msgspec

from millrace.lake.properties import PROPERTIES_TYPE

Columns = tuple[tuple[str, str], ...]
"""(name, Glue type), in the order of the file."""

PARTITION_COLUMNS: Columns = (("day", "string"), ("hour", "string"))
"""Of `received_at` or `committed_at`, UTC, in the path: `events/day=2026-11-22/hour=07/`."""

EVENTS_PREFIX = "events"
EVENT_COLUMNS: Columns = (
    (
        "event_id",
        "string",
    ),  # hash of the message id under a secret of the subject: readers dedupe by it
    ("source", "string"),
    ("type", "string"),  # track, identify, page, screen, group, alias, operation
    ("event", "string"),  # the name of a track call or operation, else the type
    ("subject", "string"),  # random, of the anchor: names nobody; dies with the key
    ("event_at", "timestamp"),  # UTC, milliseconds
    ("received_at", "timestamp"),  # UTC, milliseconds
    ("revenue", "double"),
    ("currency", "string"),  # three letters
    ("properties", PROPERTIES_TYPE),  # what the tracking plan names, people left out
    ("sealed", "binary"),  # the whole event: millrace.lake.open_event
)

PROFILE_CHANGES_PREFIX = "profile_changes"
PROFILE_CHANGE_COLUMNS: Columns = (
    ("person", "string"),  # pseudonym of the name under which the person was found then
    ("version", "bigint"),  # of that row of the profiles table
    ("change", "string"),  # trait_set, identifier_added, merged ...: millrace.profiles.changes
    ("name", "string"),  # the trait, or the pseudonym of the other identifier
    ("kind", "string"),  # of that identifier: user_id, email ...
    ("source", "string"),  # whose value it is
    ("event_id", "string"),  # as in `events`: what won the trait or tied the identifier
    ("event_at", "timestamp"),  # UTC, milliseconds: when that event happened
    ("committed_at", "timestamp"),  # UTC, milliseconds: since when readers see it
    ("operator", "string"),  # who did it, where it was an operator
    ("subject", "string"),  # pseudonym of whose event it was: the value is sealed for them
    ("sealed", "binary"),  # the new value: millrace.lake.open_value
)


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """One table of the lake. It is written at least once; `<name>_log` in SQL is what was written.

    `<name>` holds every row once: of the copies that are equal in `once`, the newest by `newest`.
    """

    name: str
    says: str
    columns: Columns
    once: tuple[str, ...]
    newest: str

    @property
    def prefix(self) -> str:
        """Where its files are, in the bucket and on disk."""
        return self.name


EVENTS = Table(
    name=EVENTS_PREFIX,
    says="Every event once, the newest copy of it",
    columns=EVENT_COLUMNS,
    once=("source", "event_id"),
    newest="received_at",
)
PROFILE_CHANGES = Table(
    name=PROFILE_CHANGES_PREFIX,
    says="Every change of a profile once: traits, identifiers, merges, by whom and when",
    columns=PROFILE_CHANGE_COLUMNS,
    once=("person", "version", "change", "name"),
    newest="committed_at",
)
TABLES: tuple[Table, ...] = (EVENTS, PROFILE_CHANGES)


def view_sql(table: Table) -> str:
    """Delivery to the lake is at least once; one copy of each row is shown."""
    names = ", ".join(f'"{name}"' for name, _ in (*table.columns, *PARTITION_COLUMNS))
    order = f"PARTITION BY {', '.join(table.once)} ORDER BY {table.newest} DESC"
    copies = f"SELECT *, row_number() OVER ({order}) copy FROM {table.name}_log"  # noqa: S608
    return f"SELECT {names} FROM ({copies}) WHERE copy = 1"  # noqa: S608 - nothing here is input
