"""`millrace open ...`."""

from __future__ import annotations

import argparse

from cli.opening import open_payload
from cli.subject import Subject, add_json, count

MOST = 20


def _add(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=open_payload)
    parser.add_argument("what", help="a file, `-`, s3://bucket/key, or the id of a failed event")
    parser.add_argument(
        "--purpose",
        default="",
        help="why, in two words or more; it stays in the ledger with your name",
    )
    parser.add_argument(
        "--limit",
        type=count,
        default=MOST,
        metavar="N",
        help=f"open at most so many payloads ({MOST})",
    )
    add_json(parser, "lines")


SUBJECT = Subject(help="a sealed payload, in clear, for a purpose", add=_add)
