"""`millrace privacy retain`: run now what runs by itself once a day."""

from __future__ import annotations

import argparse

from cli.connection import Connection
from cli.invoking import invoke

BUDGET_MS = 120_000
"""Less than this side waits for an answer."""


def run_retention(connection: Connection, _options: argparse.Namespace) -> None:
    """One run of functions/privacy/retain; asking again goes on where it stopped."""
    function, client = connection.name("RetainFunction"), connection.client("lambda")
    told = invoke(client, function, {"budget_ms": BUDGET_MS}, "who was emptied stays empty")
    emptied, returned, withdrawn = told["expired"], told["returned"], told["withdrawn"]
    print(f"{told['rows']} rows seen, {emptied} people emptied, {returned} came back meanwhile")
    print(f"withdrawn data removed from {withdrawn} people")
    print(f"what names the erased removed from {told['cleared']} people")
