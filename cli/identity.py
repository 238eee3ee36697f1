"""`millrace identity show|block|allow|unmerge`: who is who, why, and an operator's word on it."""

from __future__ import annotations

import argparse
import time
from typing import Any

import msgspec

from cli.connection import Connection
from cli.operating import operate
from cli.printing import moment, print_json, print_table
from cli.ties import Ties
from millrace.errors import NeedsHuman
from millrace.identity.model import WORDS, Edge, kind_of
from millrace.identity.what_if import Change, what_if
from millrace.identity.words import MAX_WORDS, newest_words
from millrace.intake.operating import Asked

POLL_SECONDS = 0.5


def show(connection: Connection, options: argparse.Namespace) -> None:
    """The person that an identifier leads to: identifiers, and what ties them or does not."""
    people = Ties(connection)
    root, known = people.of(people.key(options.identifier))
    values = people.values(root, options.purpose) if options.open else {}
    told: dict[str, Any] = {
        "profile": f"p_{root.split('#', 2)[2]}",
        "identifiers": [_identifier(key, values) for key in known.keys],
        "edges": [_edge(*pair) for pair in zip(known.edges, known.reasons, strict=True)],
    }
    if options.json:
        print_json(told)
        return
    print(f"profile {told['profile']}")
    print_table(
        ("kind", "token", "value"),
        [tuple(each.values()) for each in told["identifiers"]],
        empty="no identifiers",
    )
    print_table(
        ("when", "one", "other", "rule", "holds", "event"),
        [
            (moment(e["at"]), e["a"], e["b"], e["rule"], e["refused"] or "yes", e["event"])
            for e in told["edges"]
        ],
        empty="nothing ties it to anything",
    )
    if not options.open:
        print("values are sealed; --open --purpose WHY shows them, and keeps who saw them and why")


def block(connection: Connection, options: argparse.Namespace) -> None:
    """Two identifiers are not the same person."""
    _say(connection, options, "identity.block")


def allow(connection: Connection, options: argparse.Namespace) -> None:
    """A block is taken back."""
    _say(connection, options, "identity.allow")


def unmerge(connection: Connection, options: argparse.Namespace) -> None:
    """A block of two who are one person now."""
    people = Ties(connection)
    roots = {people.of(people.key(each))[0] for each in (options.a, options.b)}
    if len(roots) > 1:
        raise NeedsHuman(
            "not_one",
            "they are two people already; `identity block` keeps them from being joined",
        )
    _say(connection, options, "identity.block")


def _say(connection: Connection, options: argparse.Namespace, name: str) -> None:
    people = Ties(connection)
    a, b = sorted(people.key(each) for each in (options.a, options.b))
    last = _last_word(people, a, b)
    rule = WORDS[name]
    if last is not None and last.rule == rule:
        raise NeedsHuman("said_already", f"an operator said so at {moment(last.at)}: {rule}")
    _make_room(people, last, a, b)
    foreseen = _foreseen(people, Edge(connection.now_ms(), b"\xff", a, b, rule), a, b)
    asked: dict[str, Any] = {"a": options.a, "b": options.b}
    asked |= {"after": last.event.hex()} if last else {}
    done = None
    if not options.dry_run:
        done = operate(connection, [Asked(name=name, properties=asked)], options.reason)
    is_followed = bool(done) and _wait(connection, a, b, rule, options.wait)
    told = {
        "operation": name,
        "message_id": done.message_ids[0] if done else None,
        "is_followed": is_followed,
        "changes": foreseen,
    }
    print_json(told) if options.json else _print_said(told)


def _foreseen(people: Ties, word: Edge, a: str, b: str) -> list[dict[str, Any]]:
    near = people.near({a, b})
    return [describe(change) for change in what_if(near, people.limits, [word])]


def describe(change: Change) -> dict[str, Any]:
    """A change as JSON: kinds and tokens, never values."""
    return {
        "kind": change.kind,
        "before": [[_named(key) for key in person] for person in change.before],
        "after": [[_named(key) for key in person] for person in change.after],
        "why": [
            {**_edge(each.edge, each.after), "was": each.before or "held"} for each in change.why
        ],
    }


def print_change(told: dict[str, Any]) -> None:
    """A change for people."""
    print(f"{told['kind']}:")
    for side in ("before", "after"):
        for person in told[side]:
            print(f"  {side:<7} {', '.join(person)}")
    for each in told["why"]:
        holds = f"would be refused: {each['refused']}" if each["refused"] else "would hold"
        print(f"  why     {each['a']} - {each['b']} ({each['rule']}, {moment(each['at'])}) {holds}")


def _print_said(told: dict[str, Any]) -> None:
    for change in told["changes"]:
        print_change(change)
    if not told["changes"]:
        print("nobody is joined or parted by this now")
    if told["message_id"]:
        waits = "done" if told["is_followed"] else "asked for; `identity show` tells when"
        print(f"{told['operation']} {waits} ({told['message_id']})")


def _last_word(people: Ties, a: str, b: str) -> Edge | None:
    known = people.find(a)
    words = [e for e in known.edges if e.is_word and (e.a, e.b) == (a, b)] if known else []
    return max(words, default=None)


def _make_room(people: Ties, last: Edge | None, a: str, b: str) -> None:
    for key in (a, b):
        known = people.find(key)
        if last is None and known and len(newest_words(key, known.edges)) >= MAX_WORDS:
            raise NeedsHuman(
                "too_many_words",
                f"{_named(key)} has {MAX_WORDS} words of operators; one more undoes the oldest",
            )


def _wait(connection: Connection, a: str, b: str, rule: str, seconds: float) -> bool:
    """Whether the word arrived in the person's row in time."""
    until = time.monotonic() + seconds
    while True:
        last = _last_word(Ties(connection), a, b)
        if last is not None and last.rule == rule:
            return True
        if time.monotonic() >= until:
            return False
        time.sleep(POLL_SECONDS)


def _named(key: str) -> str:
    return key.removeprefix("i#").replace("#", ":")


def _identifier(key: str, values: dict[str, str]) -> dict[str, str]:
    return {"kind": kind_of(key), "token": key.split("#", 2)[2], "value": values.get(key, "")}


def _edge(edge: Edge, reason: str) -> dict[str, Any]:
    fields = msgspec.structs.asdict(edge)
    refused = "" if edge.is_word else reason
    return {
        **fields,
        "a": _named(edge.a),
        "b": _named(edge.b),
        "event": edge.event.hex(),
        "refused": refused,
    }
