"""`python -m tests.abuse.page`: docs/reference/bad-inputs.md, from the lists that tests send."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from infra import ROOT
from millrace.intake.objects import MAX_DEPTH
from millrace.intake.reasons import REASONS
from millrace.intake.sorting import MAX_EVENT_BYTES
from tests.abuse.bodies import BODIES, KEYS, PEOPLE, PIXELS, SETTINGS
from tests.abuse.inputs import GROUPS

PAGE = ROOT / "docs" / "reference" / "bad-inputs.md"
TAKEN = "taken"
INTRODUCTION = f"""\
# Bad inputs, and what becomes of each

Made by `python -m tests.abuse.page` from the lists that the tests send; do not edit it.

Two rules. **A request is refused or taken, and says which**: 4xx with a code, or 200. **What a
known source sent is never thrown away**: an event that cannot be used is kept as a failed event
under its code, byte for byte, and the other events of its batch are applied. Only what is too
large, or comes without a valid write key, is refused without being kept.

Parsing is RFC 8259 in UTF-8 and nothing beside it, {MAX_DEPTH} levels deep and
{MAX_EVENT_BYTES} bytes an event at most, without anything that a store behind us could not hold.
There are two parsers: a fast one (`intake/objects.py`) and a reference (`intake/strict.py`); tests
hold them to one verdict and one value on this table and on more than 24,000 damaged payloads in
every run.
"""
NOTES = {
    "Encoding": (
        "Only UTF-8 is JSON here. A byte order mark is refused: some readers skip it, some do not."
    ),
    "Numbers": (
        "What a 64-bit float or integer cannot hold is refused, never rounded to "
        "infinity. A small number may become 0, a long fraction is rounded as every JSON "
        "reader does it."
    ),
    "Text": (
        "NUL is taken out of text and keys, and the event is flagged `nul_removed`: C "
        "tools, CSV and Parquet readers break on it. Other control and invisible "
        "characters are data, but no part of an identifier."
    ),
    "Structure": "Brackets are counted before anything recurses.",
    "Keys": (
        "No name is special: properties and traits are stored as one sealed text, never "
        "as attributes, paths or expressions of a store. A key that stands twice is "
        "refused, because readers differ on which one counts; so are keys that differ by "
        "NUL alone."
    ),
    "Size": "Size is what bounds the number and the length of keys.",
    "Shape": "In a batch the item names its type; on its own the route does.",
    "Identifiers": (
        "What broken code sends in place of an id would tie strangers together. An event "
        "with no usable identifier is kept as a failed event; one with another usable "
        "identifier is taken and flagged `identifier_blocked`."
    ),
    "Times": "A time that cannot be read is flagged, and the time of receipt counts.",
    "Content": "Text is data: escaping belongs to whoever renders it.",
}


def text() -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, *_groups(), *_bodies(), *_others(), *_codes()])


def _groups() -> Iterator[str]:
    for group, entries in GROUPS.items():
        yield f"## {group}\n\n{NOTES[group]}\n"
        rows = ((name, entry[1]) for name, entry in entries.items())
        yield from _table("event", rows)


def _bodies() -> Iterator[str]:
    yield "## A batch as a whole\n"
    yield "Where the brackets of a body do not add up, nobody can say where an event begins: it is"
    yield "refused and kept whole. Two members of one name would let one batch hide another.\n"
    yield from _table("body", ((name, body.code) for name, body in BODIES.items()))


def _others() -> Iterator[str]:
    yield "## The other doors\n"
    yield f"- {len(KEYS)} headers that name no source: 401 `invalid_write_key` at every call."
    yield f"- {len(PIXELS)} queries of the pixel: always 200 and the image."
    yield f"- {len(PEOPLE)} identifiers nobody can have: the generic content, or a 4xx."
    yield f"- {len(SETTINGS)} keys of nobody: 404 for the tag's settings."
    yield "- Every event above, properly signed, through the door of every webhook source.\n"


def _codes() -> Iterator[str]:
    yield "## Codes\n"
    used = {entry[1] for entries in GROUPS.values() for entry in entries.values()}
    used |= {body.code for body in BODIES.values()}
    yield "| code | meaning |\n| --- | --- |"
    yield from (f"| `{code}` | {REASONS[code]} |" for code in sorted(used - {""}))
    yield ""


def _table(what: str, rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The inputs by outcome: one row for each code."""
    by_code: dict[str, list[str]] = {}
    for name, code in rows:
        by_code.setdefault(code, []).append(name)
    yield f"| outcome | {what} |\n| --- | --- |"
    for code in sorted(by_code):
        names = ", ".join(f"`{name}`" for name in by_code[code])
        yield f"| {f'`{code}`' if code else TAKEN} | {names} |"
    yield ""


if __name__ == "__main__":
    PAGE.write_text(text())
