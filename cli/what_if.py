"""`millrace identity what-if`: whom another rule would join or part. Nothing is written."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence

from cli.connection import Connection
from cli.identity import describe, print_change
from cli.printing import print_json
from cli.ties import Ties
from infra.environment import load_environment
from millrace.errors import NeedsHuman
from millrace.events.kinds import KINDS
from millrace.identity.model import Limits
from millrace.identity.what_if import what_if as changes_under

GROUPS = ("limit", "shared_by")


def what_if(connection: Connection, options: argparse.Namespace) -> None:
    """Every person of the table under another rule."""
    ties = Ties(connection)
    limits = limits_of(options, ties.limits)
    people = ties.everybody()
    found = [describe(change) for change in changes_under(people, limits)]
    kinds = [each["kind"] for each in found]
    counts = {kind: kinds.count(kind) for kind in ("merge", "split", "move")}
    if options.json:
        print_json({"people": len(people), **counts, "changes": found})
        return
    for each in found[: options.limit]:
        print_change(each)
    if len(found) > options.limit:
        print(f"and {len(found) - options.limit} more; --limit shows more, --json all")
    told = ", ".join(f"{count} {kind}" for kind, count in counts.items())
    print(f"{len(people)} people looked at: {told}; nothing was written")
    print(
        "ties beyond a limit were forgotten: a higher one can join more once events come again",
        file=sys.stderr,
    )


def limits_of(options: argparse.Namespace, today: Limits) -> Limits:
    """The rule that is tried: of a config file, or some limits of today's set otherwise."""
    if bool(options.config) == bool(options.set):
        raise NeedsHuman("bad_rule", "give --set limit.email=2 (again for more), or --config")
    if options.config:
        identity = load_environment(options.config).identity
        return Limits(shared_by=identity.shared_by, **identity.limits)
    found = set_limits(options.set)
    return today.but(shared_by=found["shared_by"], **found["limit"])


def set_limits(words: Sequence[str]) -> Mapping[str, dict[str, int]]:
    """`limit.email=2` and `shared_by.anonymous_id=3`, by group and kind."""
    found: dict[str, dict[str, int]] = {group: {} for group in GROUPS}
    for word in words:
        name, _, number = word.partition("=")
        group, _, kind = name.partition(".")
        if group not in GROUPS or kind not in KINDS or not number.isdecimal():
            raise NeedsHuman(
                "bad_rule",
                "write limit.<kind>=<number> or shared_by.<kind>=<number> with one of the kinds "
                + ", ".join(KINDS),
            )
        found[group][kind] = int(number)
    return found
