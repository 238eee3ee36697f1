"""What one event says about who is who."""

from __future__ import annotations

from collections.abc import Mapping

from millrace.identity.model import Edge, Rule


def star(anchor: str, others: Mapping[str, Rule], at: int, event: bytes) -> tuple[Edge, ...]:
    """One edge from the anchor's row key to each of the others, by the rule that ties it."""
    return tuple(
        Edge(at, event, min(anchor, other), max(anchor, other), rule)
        for other, rule in others.items()
        if other != anchor
    )
