"""A subject of the command line: a noun, and the words that can follow it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Protocol

import msgspec

from cli.connection import Connection

Run = Callable[[Connection, argparse.Namespace], None]


class Commands(Protocol):
    """Where argparse takes the commands of a subject."""

    def add_parser(self, name: str, *, help: str) -> argparse.ArgumentParser: ...  # noqa: A002


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """The one value of a module in cli/subjects/, whose name is the subject's."""

    help: str
    add: Callable[[argparse.ArgumentParser], None]
    """Adds what can follow; each command is made by `command`, so that it knows what to run."""


def commands_of(parser: argparse.ArgumentParser) -> Commands:
    """Where a subject that has several commands adds them."""
    return parser.add_subparsers(dest="command", required=True)


def command(commands: Commands, name: str, run: Run, says: str) -> argparse.ArgumentParser:
    """One command; `run` does it."""
    made = commands.add_parser(name, help=says)
    made.set_defaults(run=run)
    return made


def add_json(parser: argparse.ArgumentParser, instead_of: str) -> None:
    """The option of every command that prints something."""
    parser.add_argument("--json", action="store_true", help=f"JSON instead of {instead_of}")


def rate(most: int) -> Callable[[str], int]:
    """The type of an option that is a number of events per second."""

    def read(text: str) -> int:
        if not text.isdecimal() or not 1 <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"a number from 1 to {most}")
        return int(text)

    return read


def count(text: str) -> int:
    """The type of an option that is a number from 1 on."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("a number from 1 on")
    return int(text)
