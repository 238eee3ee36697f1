"""By which catalogue something was judged."""

from __future__ import annotations

import functools
import hashlib

from millrace.events import catalog
from millrace.events.definition import EventDefinition
from millrace.events.schema import registry_text, schema_of
from millrace.registry import discover


@functools.cache
def catalogue_version() -> str:
    """Twelve hex digits: others as soon as an event, a version or a rule of one is another."""
    digest = hashlib.blake2b(digest_size=6)
    for _, definition in sorted(discover(catalog, EventDefinition).items()):
        for version in definition.versions():
            schema = registry_text(schema_of(definition, version))
            digest.update(f"{definition.module} {version} {schema}\n".encode())
    return digest.hexdigest()
