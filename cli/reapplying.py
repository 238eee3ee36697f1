"""`millrace privacy reapply-erasures`: restored tables forget again whom they should not know.

It writes to the profiles, subjects and suppressions tables: the business of whoever restores, no
role's.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from cli.connection import Connection
from cli.unsealing import ledger_of, vault_of
from millrace.adapters.clock import SystemRandomness
from millrace.adapters.profiles import DynamoProfiles
from millrace.adapters.subjects import DynamoSubjects
from millrace.adapters.suppressions import DynamoSuppressions
from millrace.adapters.table_scan import DynamoLedgerScan
from millrace.erasure import reapply
from millrace.privacy.ledger import Entry
from millrace.profiles.rules import DEFAULT_RULES


def reapply_erasures(connection: Connection, options: argparse.Namespace) -> None:
    """Erase again everybody whom the ledger says was erased; repeating it changes nothing."""
    dynamodb, vault = connection.client("dynamodb"), vault_of(connection)
    subjects = DynamoSubjects(
        table=options.subjects_table or connection.name("SubjectsTable"),
        dynamodb=dynamodb,
        vault=vault,
        randomness=SystemRandomness(),
    )
    rows = DynamoProfiles(
        table=options.profiles_table or connection.name("ProfilesTable"),
        dynamodb=dynamodb,
        vault=vault,
        subjects=subjects,
        rules=DEFAULT_RULES,
    )
    suppressions = DynamoSuppressions(
        table=options.suppressions_table or connection.name("SuppressionsTable"), dynamodb=dynamodb
    )
    done = reapply(_entries(connection), rows=rows, subjects=subjects, suppressions=suppressions)
    print(
        f"{done.identifiers} identifiers were ever erased: {done.rows} rows got their tombstone "
        f"again, {done.keys} keys were destroyed again; {done.suppressions} entries of the "
        "suppression list were said again"
    )


def add_reapply(parser: argparse.ArgumentParser) -> None:
    """Its options: tables restored beside the ones in use."""
    for table in ("profiles", "subjects", "suppressions"):
        parser.add_argument(
            f"--{table}-table", default="", metavar="NAME", help=f"a restored copy of {table}"
        )


def _entries(connection: Connection) -> Iterator[Entry]:
    ledger = ledger_of(connection)
    scan = DynamoLedgerScan(
        table=connection.name("LedgerTable"), dynamodb=connection.client("dynamodb")
    )
    for subject in scan.subjects():
        yield from (link.entry for link in ledger.read(subject))
