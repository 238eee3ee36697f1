"""`millrace privacy export`: everything that is held about a person, as JSON and as a page."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

import millrace_destinations
from cli.connection import Connection
from cli.failed import store_of
from cli.identifiers import identifier_named
from cli.unsealing import (
    ledger_of,
    profiles_of,
    subjects_of,
    suppressions_of,
    vault_of,
    warrant_of,
)
from infra import ROOT, runtime_values
from infra.environment import Environment, load_environment
from millrace.access import check_purpose, entry_of
from millrace.access.dossier import About, Dossier, dossier
from millrace.access.gather import GatherPorts, gather
from millrace.access.page import html
from millrace.activation import Destination, channels_for
from millrace.adapters.deliveries import DynamoDeliveries
from millrace.adapters.lake_reader import S3LakeReader
from millrace.adapters.vault import KmsVault
from millrace.errors import NeedsHuman
from millrace.failed.model import PREFIX, REPLAYED_PREFIX
from millrace.identity.model import row_key
from millrace.registry import discover


def export_person(connection: Connection, options: argparse.Namespace) -> None:
    """Write export.json and export.html into a new folder that only its owner can read."""
    check_purpose(options.purpose)
    environment = environment_of(connection, options.config)
    vault = vault_of(connection)
    asked = identifier_named(options.person)
    out = _new_folder(options.out)
    warrant = warrant_of(connection, options.purpose, "export")
    now_ms = connection.now_ms()
    subject = row_key(asked.kind, vault.token(asked.kind, asked.value))
    ledger_of(connection).append(entry_of(warrant, subject, now_ms, vault, "exported"))
    held = gather(asked, ports_of(connection, environment, vault))
    about = About(
        profile_id=held.profile.profile_id if held.profile else "",
        made_at=now_ms,
        made_by=warrant.by,
        purpose=warrant.purpose,
        sources=sorted(environment.sources),
        destinations=purposes_of(environment),
    )
    made = dossier(held, about, runtime_values.read_rules(environment))
    _write(out, made)
    print(f"{len(made.identifiers)} identifiers, {len(made.events)} events: {out}")


def environment_of(connection: Connection, named: str) -> Environment:
    """The configuration of the deployment: what --config names, or the stage's own."""
    stage = connection.name("Stage")
    path = Path(named) if named else ROOT / "config" / f"{stage}.toml"
    if not path.exists():
        raise NeedsHuman("no_config", f"{path} does not exist: name the stage's file by --config")
    return load_environment(path)


def ports_of(connection: Connection, environment: Environment, vault: KmsVault) -> GatherPorts:
    """Every place there that holds something about people."""
    dynamodb, s3 = connection.client("dynamodb"), connection.client("s3")
    return GatherPorts(
        store=profiles_of(connection, vault),
        vault=vault,
        subjects=subjects_of(connection, vault),
        lake=S3LakeReader(bucket=connection.name("LakeBucket"), s3=s3),
        failed_events=lambda: _failed_events(connection, s3),
        deliveries=DynamoDeliveries(table=connection.name("DeliveriesTable"), dynamodb=dynamodb),
        ledger=ledger_of(connection),
        suppressions=suppressions_of(connection),
        channels=channels_for(millrace_destinations, runtime_values.destinations(environment)),
        rules=runtime_values.read_rules(environment),
        now_ms=connection.now_ms(),
    )


def _failed_events(connection: Connection, s3: Any) -> Iterator[tuple[str, bytes]]:
    """Those that were replayed, too: they are held as well."""
    bucket = connection.name("FailedBucket")
    for key in store_of(connection).keys([f"{PREFIX}/", f"{REPLAYED_PREFIX}/"]):
        yield key, bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())


def purposes_of(environment: Environment) -> dict[str, list[str]]:
    """What each destination uses people's data for: by the config, else by its definition."""
    definitions = discover(millrace_destinations, Destination)
    return {
        name: sorted(each.purposes or definitions[name].purposes)
        for name, each in environment.destinations.items()
    }


def _new_folder(name: str) -> Path:
    out = Path(name)
    try:
        out.mkdir(mode=0o700, parents=True)
    except FileExistsError as error:
        raise NeedsHuman(
            "folder_exists", f"{out} exists: an export goes into a folder of its own"
        ) from error
    return out


def _write(out: Path, made: Dossier) -> None:
    content = msgspec.json.format(msgspec.json.encode(made), indent=1)
    for name, body in (("export.json", content), ("export.html", html(made).encode())):
        with open(out / name, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(body)
