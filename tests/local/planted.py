"""Marked people, and the search for their marks in whatever encoding they might have got away."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pyarrow.parquet as pq

STEMS = ("planted.mark", "marks-mail.example", "zorblatt", "quenvil", "marlebrook", "+44770099")
"""Every mark holds one of them, lower-cased; nothing else in the tree does."""
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_FIRST = re.compile(r"^(first_?name|fname|name)$", re.IGNORECASE)
_LAST = re.compile(r"^(last_?name|lname|ticket_contact_name)$", re.IGNORECASE)
_PHONE = re.compile(r"phone|mobile", re.IGNORECASE)
_PEOPLE = {"customer", "customer_details", "user", "profile", "requester", "billing", "address"}


@dataclass(frozen=True)
class Person:
    """One marked person."""

    number: int

    @property
    def email(self) -> str:
        return f"Planted.Mark.{self.number}@Marks-Mail.example"

    @property
    def phone(self) -> str:
        return f"+44770099{self.number:04}"

    @property
    def first_name(self) -> str:
        return f"Zorblatt{self.number}"

    @property
    def last_name(self) -> str:
        return f"Quenvillé{self.number}"

    @property
    def address(self) -> str:
        return f'{self.number} "Marlebrook" Row'

    @property
    def traits(self) -> dict:
        return {
            "email": self.email,
            "phone": self.phone,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "name": f"{self.first_name} {self.last_name}",
            "address": {"street": self.address, "city": "Marlebrook"},
        }


def planted(value: object, person: Person, key: str = "", *, is_person: bool = False) -> object:
    """A vendor's content with every address, number and name in it replaced by marks."""
    if isinstance(value, dict):
        is_person = is_person or key.lower() in _PEOPLE
        return {
            name: planted(each, person, name, is_person=is_person) for name, each in value.items()
        }
    if isinstance(value, list):
        return [planted(each, person, key, is_person=is_person) for each in value]
    if not isinstance(value, str):
        return value
    bare = key.rpartition("[")[2].rstrip("]")
    if _PHONE.search(bare):
        return person.phone
    if _LAST.match(bare):
        return person.last_name
    if _FIRST.match(bare) and (is_person or bare.lower() != "name"):
        return person.first_name
    return _EMAIL.sub(person.email, value)


def _needles() -> dict[bytes, str]:
    """What a stem looks like in text, in a URL, in JSON and inside of base64, and which it is."""
    found = {}
    for stem in STEMS:
        for text in (
            stem,
            quote(stem, safe=""),
            json.dumps(stem)[1:-1],
            stem.replace("+", r"\u002b"),
        ):
            found[text.lower().encode()] = stem
    return found


def _inside_base64() -> dict[bytes, str]:
    """The part of a stem's base64 that does not depend on what stands before and after it."""
    found = {}
    for stem in STEMS:
        for spelling in {
            stem,
            stem.title(),
            stem.capitalize(),
            "Planted.Mark",
            "Marks-Mail.example",
        }:
            for shift in range(3):
                encoded = base64.b64encode(b"\0" * shift + spelling.encode())
                start, end = -(-shift * 4 // 3), (shift + len(spelling)) * 4 // 3
                found[encoded[start:end]] = spelling
    return found


NEEDLES, INSIDE_BASE64 = _needles(), _inside_base64()


def marks_in(raw: bytes) -> set[str]:
    """Every stem that stands in `raw`, in whatever case and encoding."""
    lowered = raw.lower()
    found = {stem for needle, stem in NEEDLES.items() if needle in lowered}
    return found | {stem for needle, stem in INSIDE_BASE64.items() if needle in raw}


_NUMBERED = re.compile(
    rb"planted\.mark\.(\d+)@|zorblatt(\d+)|quenvill(?:\xc3\xa9|\\\\+u00e9)(\d+)|\+44770099(\d{4})"
    rb"|(\d+)\s\\*\"marlebrook",
    re.IGNORECASE,
)


def numbers_in(raw: bytes) -> set[int]:
    """Which people's marks stand in a text that is in clear."""
    found = _NUMBERED.findall(raw)
    return {int(number) for groups in found for number in groups if number}


def columns_in_clear(folder: Path) -> Iterator[tuple[str, bytes]]:
    """(file and column, all its values) of every Parquet file under `folder`, decompressed."""
    for path in sorted(folder.rglob("*.parquet")):
        table = pq.read_table(path, partitioning=None)
        for name in table.column_names:
            values = table.column(name).to_pylist()
            yield f"{path.relative_to(folder)}#{name}", b"\n".join(map(_raw, values))


def _raw(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()
