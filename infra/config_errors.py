"""What is wrong with a config file, in sentences: file, line, key, what is allowed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

_SECRET = {"secret", "read_key"}
_TABLE = re.compile(r"^\s*\[([^\[\]]+)\]")
_KEY = re.compile(r"^\s*([A-Za-z0-9_.\"'-]+)\s*=")

Path = tuple[str, ...]


def describe(error: ValidationError, name: str, text: str, schema: Mapping[str, Any]) -> str:
    """One line per mistake; values of secrets are never repeated."""
    return "\n".join(
        at(name, text, path, _sentence(path, mistake, schema))
        for mistake in error.errors()
        for path in (tuple(str(part) for part in mistake["loc"] if part != "[key]"),)
    )


def at(name: str, text: str, path: Path, sentence: str) -> str:
    """A sentence about a key, with the file and the line where it stands."""
    return f"{name}{_place(_lines(text), path)}: {sentence}"


def _sentence(path: Path, mistake: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    key = ".".join(path)
    if mistake["type"] == "extra_forbidden":
        return _unknown(path, schema)
    if mistake["type"] == "missing":
        return f"`{key}` is missing; it needs {allowed(_find(path, schema))}"
    given = "the given value" if path[-1] in _SECRET else f"{mistake['input']!r}"
    if mistake["loc"][-1] == "[key]":
        return f"`{key}` is no name; a name matches ^[a-z][a-z0-9_-]{{0,31}}$"
    return f"`{key}` is {given}; allowed: {allowed(_find(path, schema))}"


def _unknown(path: Path, schema: Mapping[str, Any]) -> str:
    known = sorted(_find(path[:-1], schema).get("properties", {}))
    near = difflib.get_close_matches(path[-1], known, n=1)
    hint = f"did you mean `{near[0]}`? " if near else ""
    return f"unknown key `{'.'.join(path)}`; {hint}allowed: {', '.join(known)}"


def _find(path: Path, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part of a JSON schema that a path of keys leads to; {} where it leads nowhere."""
    here: Mapping[str, Any] = schema
    for part in path:
        patterns = list(here.get("patternProperties", {}).values())
        inner = here.get("properties", {}).get(part) or here.get("additionalProperties")
        inner = inner or here.get("items")
        inner = inner if isinstance(inner, Mapping) else (patterns or [{}])[0]
        reference = inner.get("$ref", "").removeprefix("#/$defs/")
        here = schema["$defs"][reference] if reference else inner
    return here


def allowed(schema: Mapping[str, Any]) -> str:
    """What a value may be, from its JSON schema."""
    if "enum" in schema:
        return ", ".join(str(value) for value in schema["enum"])
    if "maximum" in schema:
        return f"a whole number from {schema['minimum']} to {schema['maximum']}"
    if "pattern" in schema:
        return f"a text that matches {schema['pattern']}"
    kind = str(schema.get("type", "another value"))
    if kind == "array" and "enum" in schema.get("items", {}):
        return f"a list of {allowed(schema['items'])}"
    return {
        "string": "a text",
        "object": "a table with at least one entry" if schema.get("minProperties") else "a table",
        "array": "a list of texts",
        "integer": "a whole number",
    }.get(kind, kind)


def _lines(text: str) -> dict[Path, int]:
    """Where each table and key of a TOML text stands; good enough to point at, not a parser."""
    found: dict[Path, int] = {}
    table: Path = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _TABLE.match(line):
            table = _split(header[1])
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            found.setdefault(table + _split(key[1]), number)
    return found


def _split(dotted: str) -> Path:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


def _place(lines: Mapping[Path, int], path: Path) -> str:
    """`, line n` of the nearest key that stands in the file, else nothing."""
    for end in range(len(path), 0, -1):
        if path[:end] in lines:
            return f", line {lines[path[:end]]}"
        tables = [line for known, line in lines.items() if known[:end] == path[:end]]
        if tables:
            return f", line {min(tables)}"
    return ""
