"""`millrace privacy keys|rotate|rewrap|retire-key`: asked of functions/privacy/rotate.

Operators open nothing for it: the function holds the rights, whoever asks may invoke it.
"""

from __future__ import annotations

import argparse
from typing import Any

from cli.connection import Connection
from cli.invoking import invoke
from cli.printing import moment, print_json, print_table
from cli.subject import Commands, add_json, command, count
from millrace.clock import DAY_MS
from millrace.errors import NeedsHuman

BUDGET_MS = 120_000
"""Less than this side waits for an answer."""
WHAT = ("branch", "person", "kms")


def add_rotation(commands: Commands) -> None:
    """The commands about keys."""
    keys = command(commands, "keys", show_keys, "versions of the branch key, what is under each")
    add_json(keys, "a table")
    made = command(commands, "rotate", rotate, "a new branch key, a person's, or KMS's newest")
    made.add_argument("what", choices=WHAT)
    made.add_argument("person", nargs="?", default="", help="e.g. email:ada@example.com")
    command(commands, "rewrap", rewrap, "seal anew what is under an older branch key, page by page")
    retire = command(commands, "retire-key", retire_key, "destroy a version that nothing needs")
    retire.add_argument("version", type=count, help="as `privacy keys` prints it")


def show_keys(connection: Connection, options: argparse.Namespace) -> None:
    """Every version: since when, what becomes of it, how many values are under it."""
    told = _ask(connection, {"do": "keys"})
    if options.json:
        print_json(told)
        return
    shelves = sorted({name for each in told["versions"] for name in each["under"]})
    rows = [_row(each, told, shelves, connection.now_ms()) for each in told["versions"]]
    names = ("version", "since", "days", "state", *shelves)
    print_table(names, rows, empty="no key yet: the first event makes it")
    if told["counted_at"]:
        print(f"counted {moment(told['counted_at'])}")


def rotate(connection: Connection, options: argparse.Namespace) -> None:
    """What was old stays readable; asking for it again begins another version or epoch."""
    if options.what == "person" and not options.person:
        raise NeedsHuman("no_person", "say whose: privacy rotate person email:ada@example.com")
    told = _ask(connection, {"do": options.what, "person": options.person})
    print(_SAYS[options.what].format(**told))


def rewrap(connection: Connection, _: argparse.Namespace) -> None:
    """One run; asking again goes on where it stopped."""
    told = _ask(connection, {"do": "rewrap", "budget_ms": BUDGET_MS})
    print(
        f"{told['items']} looked at, {told['resealed']} sealed anew under version "
        f"{told['current']}, {told['changed']} changed meanwhile, {told['unreadable']} unreadable"
    )
    print("all were looked at" if told["is_done"] else "not done: run it again to go on")


def retire_key(connection: Connection, options: argparse.Namespace) -> None:
    """Destroy the key of a version, for good."""
    told = _ask(connection, {"do": "retire", "version": options.version})
    print(f"version {told['retired']} is destroyed")


_SAYS = {
    "branch": "version {current} seals from now on, everywhere within five minutes; "
    "`privacy rewrap`, or the daily run, seals anew what is older",
    "person": "{epochs} new data keys; what the old ones sealed stays readable until an erasure",
    "kms": "{rewrapped} keys wrapped anew under the stack's KMS key",
}


def _row(each: dict[str, Any], told: dict[str, Any], shelves: list[str], now: int) -> list[str]:
    since = each["since"]
    age = [moment(since), str((now - since) // DAY_MS)] if since else ["unknown", ""]
    under = [str(each["under"].get(name, "")) for name in shelves]
    return [str(each["version"]), *age, _state(each, told["current"]), *under]


def _state(each: dict[str, Any], current: int) -> str:
    if each["version"] == current:
        return "seals"
    if each["retired_at"]:
        return f"destroyed {moment(each['retired_at'])}"
    if each["retires_at"]:
        return f"opens; not to be destroyed before {moment(each['retires_at'])}"
    return "made, not in use"


def _ask(connection: Connection, event: dict[str, Any]) -> Any:
    function, client = connection.name("RotateFunction"), connection.client("lambda")
    return invoke(client, function, event, "what was done stays done")
