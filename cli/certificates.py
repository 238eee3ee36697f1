"""Certificates of erasures: printed with what proves them, and checked without any network."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from cli.attested import roots_of
from cli.connection import Connection
from cli.unsealing import ledger_of
from millrace.erasure import Erasure, days_of, verify, verify_included, with_inclusion
from millrace.errors import GiveUp, NeedsHuman
from millrace.privacy.ledger import DayRoot


def certificate_of(erasure: Erasure, connection: Connection) -> dict[str, Any]:
    """As it is kept, and with the way to the daily roots once these are made."""
    body = erasure.certificate
    if erasure.farewell:
        return body
    proven = with_inclusion(body, ledger_of(connection), roots_of(connection))
    if "inclusion" not in proven:
        days = ", ".join(days_of(body))
        print(f"without proof of inclusion: the root of {days} is not made yet", file=sys.stderr)
    return proven


def verify_certificate(_: Connection, options: argparse.Namespace) -> None:
    """Check a certificate, against the roots that are given; no network is needed."""
    body = _read(options.file)
    roots = [_root(each) for each in options.root]
    try:
        faults = verify(body)
        unproven = verify_included(body, roots) if roots and not faults else []
        days = [] if faults else days_of(body)
    except (ValueError, OverflowError) as error:  # numbers that no time has, half a character
        raise GiveUp("certificate_broken", "it holds values that none of ours has") from error
    if faults:
        raise GiveUp("certificate_broken", "; ".join(faults))
    if unproven:
        raise GiveUp("not_included", "; ".join(unproven))
    names, complete = len(body["identifiers"]), str(body["is_complete"]).lower()
    said = f"{body['erasure']}, {names} identifiers, complete: {complete}"
    if roots:
        print(f"included: {said}; in the ledger of {', '.join(days)}")
        return
    print(
        f"only consistent with itself: {said}. Whether it was made up is NOT checked: "
        f"give the root of {', '.join(days)} by --root"
    )


def add_verify_certificate(parser: argparse.ArgumentParser) -> None:
    """The words of the command."""
    parser.add_argument("file", help="what `privacy erasure <id> --certificate` printed")
    parser.add_argument(
        "--root",
        action="append",
        default=[],
        metavar="FILE",
        help="a daily root that you trust, as `privacy root` prints it; again for a second day",
    )


def _read(file: str) -> dict[str, Any]:
    try:
        text = Path(file).read_bytes()
        msgspec.json.decode(text)  # stricter than the standard library: no NaN, whole characters
        body = json.loads(text, object_pairs_hook=_once)
    except (OSError, ValueError, msgspec.DecodeError, RecursionError) as error:
        raise NeedsHuman(
            "no_certificate", f"{file} is no JSON file, or says a thing twice"
        ) from error
    if not isinstance(body, dict):
        raise GiveUp("certificate_broken", "this is no certificate")
    return body


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of two values under one name, a person may read the other one."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found


def _root(file: str) -> DayRoot:
    try:
        return msgspec.json.decode(Path(file).read_bytes(), type=DayRoot)
    except (OSError, msgspec.DecodeError) as error:
        raise NeedsHuman("no_root", f"{file} is no root as `privacy root` prints it") from error
