"""What whoever unseals needs: the vault, the ledger that remembers it, and who was erased.

In AWS this is the business of the role `millrace-<stage>-unsealer`.
"""

from __future__ import annotations

import sys
from typing import cast

from cli.connection import Connection
from millrace.access import OpenPorts, Warrant, check_purpose, entry_of, tombstones_of
from millrace.adapters.clock import SystemRandomness
from millrace.adapters.ledger import DynamoLedger
from millrace.adapters.profiles import DynamoProfiles
from millrace.adapters.pseudonyms import DynamoPseudonyms
from millrace.adapters.subjects import DynamoSubjects
from millrace.adapters.suppressions import DynamoSuppressions
from millrace.adapters.vault import KmsVault
from millrace.clock import Clock
from millrace.privacy import SubjectKey
from millrace.profiles.rules import ReadRules


class ConnectionClock:
    """`Clock` of the place that is asked: a local engine's can be moved."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def now_ms(self) -> int:
        return self._connection.now_ms()


def vault_of(connection: Connection) -> KmsVault:
    """The vault there; a key is asked for only when something is opened."""
    return KmsVault(
        stage=connection.name("Stage"),
        table=connection.name("SubjectsTable"),
        key_arn=connection.name("KeyArn"),
        dynamodb=connection.client("dynamodb"),
        kms=connection.client("kms"),
        randomness=SystemRandomness(),
    )


def subjects_of(connection: Connection, vault: KmsVault) -> DynamoSubjects:
    """The data keys of people there."""
    return DynamoSubjects(
        table=connection.name("SubjectsTable"),
        dynamodb=connection.client("dynamodb"),
        vault=vault,
        randomness=SystemRandomness(),
    )


def profiles_of(connection: Connection, vault: KmsVault) -> DynamoProfiles:
    """The profiles table there."""
    return DynamoProfiles(
        table=connection.name("ProfilesTable"),
        dynamodb=connection.client("dynamodb"),
        vault=vault,
        subjects=subjects_of(connection, vault),
        rules=ReadRules(),
    )


def ledger_of(connection: Connection) -> DynamoLedger:
    """The ledger there."""
    return DynamoLedger(
        table=connection.name("LedgerTable"),
        dynamodb=connection.client("dynamodb"),
        clock=cast(Clock, ConnectionClock(connection)),
    )


def suppressions_of(connection: Connection) -> DynamoSuppressions:
    """The suppression list there."""
    return DynamoSuppressions(
        table=connection.name("SuppressionsTable"), dynamodb=connection.client("dynamodb")
    )


def open_ports_of(connection: Connection) -> OpenPorts:
    """What opening a payload needs there."""
    vault = vault_of(connection)
    pseudonyms = pseudonyms_of(connection, vault)

    def row_key(pseudonym: str) -> SubjectKey | None:
        found = pseudonyms.named([pseudonym]).get(pseudonym)
        return found.key if found else None

    return OpenPorts(
        vault=vault,
        tombstones=tombstones_of(profiles_of(connection, vault), subjects_of(connection, vault)),
        ledger=ledger_of(connection),
        clock=cast(Clock, ConnectionClock(connection)),
        row_keys=row_key,
    )


def pseudonyms_of(connection: Connection, vault: KmsVault) -> DynamoPseudonyms:
    """Who is behind what the lake calls people there."""
    return DynamoPseudonyms(
        table=connection.name("SubjectsTable"),
        dynamodb=connection.client("dynamodb"),
        subjects=subjects_of(connection, vault),
    )


def keep_opening(connection: Connection, subject: str, what: str, purpose: str) -> None:
    """Put into the ledger of `subject`, a row key, that `what` of theirs is opened."""
    warrant = warrant_of(connection, purpose, what)
    at = connection.now_ms()
    ledger_of(connection).append(entry_of(warrant, subject, at, vault_of(connection)))


def warrant_of(connection: Connection, purpose: str, what: str) -> Warrant:
    """Who asks, and why; it is said that this is kept."""
    warrant = Warrant(by=connection.who(), purpose=check_purpose(purpose), what=what)
    print(f"opened as {warrant.by}; the ledger keeps it", file=sys.stderr)
    return warrant
