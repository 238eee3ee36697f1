"""`millrace privacy audit`: everything looked at once, against the operator's own policy."""

from __future__ import annotations

import argparse
import json
from collections.abc import Collection, Iterator

import msgspec

from cli.connection import Connection
from cli.exporting import environment_of, purposes_of
from cli.printing import print_json, print_table
from cli.unsealing import ledger_of, subjects_of, suppressions_of, vault_of
from infra.consent import rules
from infra.environment import Environment
from infra.runtime_values import retention_terms
from millrace.adapters.table_scan import DynamoLedgerScan, DynamoProfileScan
from millrace.audit import (
    Finding,
    People,
    Policy,
    audit_ledger,
    audit_person,
    audit_policy,
    audit_terms,
)
from millrace.audit.pii import annotated
from millrace.errors import GiveUp
from millrace.events import catalog
from millrace.events.definition import EventDefinition
from millrace.privacy import Vault
from millrace.privacy.suppression import TOKEN_KIND
from millrace.registry import discover


def audit(connection: Connection, options: argparse.Namespace) -> None:
    """Print what breaks policy; GiveUp `findings` (exit code 1) where there is anything."""
    found = sorted(set(_findings(connection, environment_of(connection, options.config))))
    if options.json:
        print_json([{**msgspec.structs.asdict(each), "todo": each.todo} for each in found])
    else:
        rows = [(each.code, each.where, each.what) for each in found]
        print_table(("code", "where", "what"), rows, empty="nothing breaks the policy")
        for code, todo in sorted({each.code: each.todo for each in found}.items()):
            print(f"{code}: {todo}")
    if found:
        raise GiveUp("findings", f"{len(found)} findings")


def _findings(connection: Connection, environment: Environment) -> Iterator[Finding]:
    policy = policy_of(environment)
    yield from audit_policy(policy)
    yield from audit_terms(policy, json.loads(connection.name("RetentionTerms")))
    vault, dynamodb = vault_of(connection), connection.client("dynamodb")
    ledger = ledger_of(connection)
    people = People(
        vault=vault,
        subjects=subjects_of(connection, vault),
        suppressed=_Suppressed(connection, vault),
        said=lambda stems: [link.entry for stem in stems for link in ledger.read(stem)],
        policy=policy,
        now_ms=connection.now_ms(),
    )
    profiles = DynamoProfileScan(table=connection.name("ProfilesTable"), dynamodb=dynamodb)
    for row in profiles.rows():
        yield from audit_person(row, people)
    chains = DynamoLedgerScan(table=connection.name("LedgerTable"), dynamodb=dynamodb)
    for subject in chains.subjects():
        yield from audit_ledger(subject, ledger.read(subject))


def policy_of(environment: Environment) -> Policy:
    """What the configuration says."""
    return Policy(
        sources=frozenset(environment.sources),
        destinations=purposes_of(environment),
        consent=rules(environment),
        profiles_days=environment.retention.profiles_days,
        terms=retention_terms(environment),
        marked=annotated(discover(catalog, EventDefinition).values()),
    )


class _Suppressed:
    """Which of some addresses are on the suppression list."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._vault = vault
        self._list = suppressions_of(connection)

    def __call__(self, addresses: Collection[str]) -> Collection[str]:
        tokens = {self._vault.token(TOKEN_KIND, address): address for address in addresses}
        return {tokens[token] for token in self._list.read_many(tokens)}
