"""docs/reference/events.md: the catalogue for people, made from the same schemas as the checks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from millrace.events.columns import Column, columns_of
from millrace.events.definition import EventDefinition
from millrace.events.schema import schema_of

HEAD = """\
# Events

Written by `python -m infra.event_reference` from `millrace/events/catalog/`; do not edit.

{count} events are planned. An event that is not, or that is not as planned, is not lost: what
becomes of it is each source's policy (keep, flag or fail; by default unplanned events are kept
and invalid ones are kept with a flag). Properties beyond those listed are always allowed, every
optional property may be null, and a number may come as text: it is then stored as the text that
it is, with the flag `values_coerced`. A sender names the version that it means in
`context.protocols.event_version`; without that, it is the version as which the event is valid.

An event of an older version is read as the newest one by all that reads its properties: computed
traits, consent and suppression, the lake's columns. What is stored, sealed, exported or replayed is
what was sent. What was folded before a newer version was deployed is not folded again.

In the lake a property is `properties.<name>` of the table `events`, of the type in the last column;
a value that is not as planned is null there. *sealed* marks what tells who somebody is: in the lake
it exists only inside the sealed event.
Schemas: [schemas/](schemas/), JSON Schema draft 2020-12.
"""
WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
}


def page(events: list[EventDefinition]) -> str:
    """The whole page; the same bytes from the same catalogue."""
    parts = [HEAD.format(count=len(events)), *_contents(events)]
    objects: dict[str, str] = {}
    for vocabulary in dict.fromkeys(event.vocabulary for event in _ordered(events)):
        parts.append(f"## {vocabulary.capitalize()}\n")
        for event in _ordered(events):
            if event.vocabulary == vocabulary:
                parts.append(_event(event))
                objects |= _objects(schema_of(event))
    parts.append("## Objects\n")
    parts += [text for _, text in sorted(objects.items())]
    return "\n".join(parts)


def _ordered(events: list[EventDefinition]) -> list[EventDefinition]:
    return sorted(events, key=lambda event: (event.vocabulary, event.name))


def _contents(events: list[EventDefinition]) -> Iterator[str]:
    for vocabulary in dict.fromkeys(event.vocabulary for event in _ordered(events)):
        links = ", ".join(
            f"[{event.name}](#{event.module.replace('_', '-')})"
            for event in _ordered(events)
            if event.vocabulary == vocabulary
        )
        yield f"- **{vocabulary.capitalize()}**: {links}"
    yield ""


def _event(event: EventDefinition) -> str:
    schema = schema_of(event)
    versions = ", ".join(
        f"[{version}](schemas/{event.module}.v{version}.json)" for version in event.versions()
    )
    example = json.dumps(event.example, ensure_ascii=False)
    lines = [
        f"### {event.name}\n",
        f"{event.says} Version {versions}.\n",
        *_table(schema, {column.name: column for column in columns_of(event)}),
        f"\n```json\n{example}\n```\n",
    ]
    return "\n".join(lines)


def _table(schema: dict[str, Any], columns: dict[str, Column]) -> Iterator[str]:
    yield "| property | | meaning | column |"
    yield "|---|---|---|---|"
    required = schema.get("required", [])
    properties = schema["properties"].items()
    for name, part in sorted(properties, key=lambda each: each[0] not in required):
        need = ", required" if name in required else ""
        kind = f"{columns[name].type.split('<')[0]}" if name in columns else ""
        sealed = "sealed" if part.get("x-pii") else f"`{kind}`" if kind else ""
        yield f"| `{name}` | {_type(part)}{need} | {_meaning(part)} | {sealed} |"


def _meaning(part: dict[str, Any]) -> str:
    return str(part.get("description", "")).replace("|", "\\|")


def _type(part: dict[str, Any]) -> str:
    if "enum" in part:
        return ", ".join(f"`{each}`" for each in part["enum"] if each is not None)
    if "anyOf" in part:
        return _type(part["anyOf"][0])
    if "$ref" in part:
        name = str(part["$ref"]).rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if "items" in part:
        return f"list of {_type(part['items'])}"
    kinds = [part["type"]] if isinstance(part["type"], str) else part["type"]
    limits = [f"{word} {part[name]}" for name, word in _LIMITS.items() if _is_told(part, name)]
    return " ".join([" or ".join(WORDS[kind] for kind in kinds if kind != "null"), *limits])


_LIMITS = {"minimum": "from", "maximum": "to"}


def _is_told(part: dict[str, Any], name: str) -> bool:
    return name in part and abs(part[name]) < 10**15


def _objects(schema: dict[str, Any]) -> dict[str, str]:
    return {
        name: "\n".join([f"### {name}\n", f"{part['description']}\n", *_table(part, {}), ""])
        for name, part in schema.get("$defs", {}).items()
    }
