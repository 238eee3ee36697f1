"""`python -m infra.event_reference`: the catalogue's page and schemas, as they are checked in.

docs/reference/events.md                 every event, property by property
docs/reference/schemas/<event>.v1.json   the JSON Schema of each version
docs/reference/schemas/first/...         what Glue's registry got first, once that has changed
docs/reference/lake-properties.json      the fields of the lake's column `properties`

A field that was removed or narrowed without a new version is refused: nothing is written then.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra import ROOT
from infra.event_page import page
from millrace.events import catalog
from millrace.events.definition import EventDefinition
from millrace.events.schema import registry_text, schema_of, schema_text
from millrace.events.schema_diff import breaches
from millrace.lake import PROPERTY_FIELDS
from millrace.lake.kinds import changes
from millrace.registry import discover

PAGE = ROOT / "docs" / "reference" / "events.md"
SCHEMAS = ROOT / "docs" / "reference" / "schemas"
LAKE = ROOT / "docs" / "reference" / "lake-properties.json"

Schemas = dict[str, dict[str, Any]]


def definitions() -> list[EventDefinition]:
    """Every event of the catalogue, by name of file."""
    return list(discover(catalog, EventDefinition).values())


def fresh_schemas(events: list[EventDefinition]) -> Schemas:
    """The schema of every version of every event, by name of file: `order_completed.v1`."""
    return {
        f"{event.module}.v{version}": schema_of(event, version)
        for event in events
        for version in event.versions()
    }


def checked_in(folder: Path = SCHEMAS) -> Schemas:
    """The schemas that stand in `folder`."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}


def first_in_registry(folder: Path = SCHEMAS) -> dict[str, str]:
    """What Glue's registry got first of the schemas that have changed since, by name of file."""
    found = sorted((folder / "first").glob("*.json"))
    return {path.stem: path.read_text().strip() for path in found}


def refusals(before: Schemas, after: Schemas) -> Iterator[str]:
    """What readers of `before` would trip over in `after`, a sentence each."""
    for name, schema in before.items():
        if name not in after:
            yield (
                f"{name}: no definition makes this schema any more; keep the version under "
                "`older`, or, when nobody sends the event now, delete its file too"
            )
            continue
        for sentence in breaches(schema, after[name]):
            yield f"{name}: {sentence}"


def lake_refusals(before: dict[str, str], after: dict[str, str]) -> Iterator[str]:
    """What files that were written with `before` could no longer be read as, a sentence each."""
    for name, kind in before.items():
        change = changes(kind, after[name]) if name in after else "was removed"
        if change:
            yield (
                f"the lake's `properties.{name}` {change}, and files that hold it are there: keep "
                "the old version under `older`, or give the property another name"
            )


def write(events: list[EventDefinition], page_path: Path = PAGE, folder: Path = SCHEMAS) -> None:
    """Write page and schemas; what the registry got first is kept before it changes."""
    before = checked_in(folder)
    (folder / "first").mkdir(parents=True, exist_ok=True)
    for name, schema in fresh_schemas(events).items():
        first = folder / "first" / f"{name}.json"
        old = registry_text(before[name]) if name in before else ""
        if old and old != registry_text(schema) and not first.exists():
            first.write_text(old + "\n")
        (folder / f"{name}.json").write_text(schema_text(schema))
    page_path.write_text(page(events))


def lake_text() -> str:
    """The fields of the lake's column `properties`, as they are checked in."""
    return json.dumps(dict(PROPERTY_FIELDS), indent=1) + "\n"


def main() -> int:
    events = definitions()
    refused = [
        *refusals(checked_in(), fresh_schemas(events)),
        *lake_refusals(json.loads(LAKE.read_text()), dict(PROPERTY_FIELDS)),
    ]
    if refused:
        print("\n".join(refused), file=sys.stderr)
        return 1
    write(events)
    LAKE.write_text(lake_text())
    print(f"{PAGE.relative_to(ROOT)}: {len(events)} events")
    return 0


if __name__ == "__main__":
    sys.exit(main())
