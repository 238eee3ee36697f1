"""Looking for somebody in the files of a lake, with the look-up key in hand."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import pyarrow.parquet as pq

from cli.connection import Connection
from cli.unsealing import subjects_of, vault_of
from local.engine import Engine
from millrace.identity.model import row_key


def cells(lake: Path) -> Iterator[str]:
    """Every value of every column of every file, and the files' own places."""
    for path in sorted(lake.rglob("*.parquet")):
        yield str(path.relative_to(lake))
        for row in pq.read_table(path, partitioning=None).to_pylist():
            yield from map(repr, row.values())


def hits(lake: Path, wanted: Collection[str]) -> set[str]:
    """Which of these stand anywhere in the lake."""
    return {each for cell in cells(lake) for each in wanted if each in cell}


class LookUp:
    """What whoever holds the engine's look-up key can make of identifiers and values."""

    def __init__(self, engine: Engine) -> None:
        connection = Connection(local=engine.url)
        self._vault = vault_of(connection)
        self._subjects = subjects_of(connection, self._vault)

    def key(self, kind: str, value: str) -> str:
        return row_key(kind, self._vault.token(kind, value))

    def made_of(
        self,
        identifiers: Mapping[str, str],
        traits: Mapping[str, str],
        messages: Collection[tuple[str, str]],
    ) -> set[str]:
        """The identifiers, by kind, the values and the ids of messages, by source: every token."""
        token = self._vault.token
        made = {*identifiers.values(), *traits.values()}
        for kind, value in identifiers.items():
            made |= {token(kind, value), token("subject", self.key(kind, value))}
        for name, value in traits.items():
            made |= {token(name, value), token(f"value#{name}", f'"{value}"')}
        for source, message_id in messages:
            plain = hashlib.blake2b(f"{source}\0{message_id}".encode(), digest_size=12).hexdigest()
            made |= {message_id, plain, token("event", plain)}
        return made

    def pseudonyms(self, identifiers: Mapping[str, str]) -> set[str]:
        """What the lake calls those of these identifiers that anybody can find there."""
        keys = [self.key(kind, value) for kind, value in identifiers.items()]
        return {subject.pseudonym for subject in self._subjects.read(keys).values()} - {""}
