"""Which traits tell who somebody is: by the catalogue's annotations, by name, by their value."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any

from millrace.events.annotations import pii_of
from millrace.events.definition import EventDefinition

NAMES = frozenset(
    """
    address avatar birthday birthdate city company dateofbirth dob email emailaddress employer
    familyname firstname fullname gender givenname ip ipaddress lastname latitude longitude mobile
    name nickname passport phone phonenumber postalcode street surname taxid telephone title
    username website zip
    """.split()  # noqa: SIM905 - a list of forty quoted words is not easier to read
)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def annotated(definitions: Iterable[EventDefinition]) -> frozenset[str]:
    """The names that the catalogue marks, in the spelling of `plain_name`."""
    return frozenset(
        plain_name(name)
        for definition in definitions
        for name, kind in definition.properties.__annotations__.items()
        if pii_of(kind)
    )


def plain_name(name: str) -> str:
    """`First-Name`, `first_name` and `firstName` are one name."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def is_pii(name: str, value: Any, marked: Collection[str] = ()) -> bool:
    """Whether a trait tells who somebody is; an address under any name does."""
    plain = plain_name(name)
    if plain in NAMES or plain in marked:
        return True
    return isinstance(value, str) and _EMAIL.search(value) is not None
