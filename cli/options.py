"""The words of the command line: who is asked, then the subjects, which are found."""

from __future__ import annotations

import argparse

import cli.subjects
from cli.subject import Subject
from millrace.registry import discover


def parser() -> argparse.ArgumentParser:
    """The whole command line; `run` is what to do."""
    top = argparse.ArgumentParser(prog="run.py millrace", description="The operator's commands.")
    top.add_argument("--local", default="", metavar="URL", help="a local engine instead of AWS")
    top.add_argument("--profile", help="AWS profile; else the environment's credentials")
    top.add_argument("--region", help="AWS region; else the profile's")
    subjects = top.add_subparsers(dest="subject", required=True)
    for name, subject in discover(cli.subjects, Subject).items():
        subject.add(subjects.add_parser(name, help=subject.help))
    return top
