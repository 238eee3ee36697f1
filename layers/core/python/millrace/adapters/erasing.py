"""What only an erasure does to other capabilities' stores: delete, every version of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from millrace.activation import channels_for
from millrace.activation.channel import Channel
from millrace.activation.forget import ForgetPorts, ForgetReceipt, forget
from millrace.activation.model import Leaver
from millrace.adapters.aws import client
from millrace.adapters.clock import SystemClock, SystemRandomness
from millrace.adapters.deliveries import DynamoDeliveries
from millrace.adapters.erasures import DynamoErasures
from millrace.adapters.failed_event_store import S3FailedEventStore
from millrace.adapters.http import UrllibHttp
from millrace.adapters.ledger import DynamoLedger
from millrace.adapters.profiles import DynamoProfiles
from millrace.adapters.secrets import SecretsManagerSecrets
from millrace.adapters.subjects import DynamoSubjects
from millrace.adapters.suppressions import DynamoSuppressions
from millrace.adapters.vault import open_vault
from millrace.erasure import Erasing, ErasingPorts
from millrace.erasure.matching import names_any
from millrace.errors import RetryLater
from millrace.failed.model import PREFIX, REPLAYED_PREFIX
from millrace.profiles.rules import DEFAULT_RULES
from millrace.settings import PrivacyEraseSettings

READ_AT_ONCE = 100


def open_erasing(settings: PrivacyEraseSettings, destinations: ModuleType) -> Erasing:
    """The workflow over everything that holds a person; `destinations` has the definitions."""
    clock = SystemClock()
    dynamodb, s3 = client("dynamodb"), client("s3")
    vault = open_vault(settings, dynamodb=dynamodb)
    subjects = DynamoSubjects(
        table=settings.subjects_table, dynamodb=dynamodb, vault=vault, randomness=SystemRandomness()
    )
    profiles = ErasableProfiles(
        table=settings.profiles_table,
        dynamodb=dynamodb,
        vault=vault,
        subjects=subjects,
        rules=DEFAULT_RULES,
    )
    failed = S3FailedEventStore(bucket=settings.failed_bucket, s3=s3, vault=vault)
    secrets = SecretsManagerSecrets(client("secretsmanager"), clock)
    channels = channels_for(destinations, settings.destinations)
    return Erasing(
        ErasingPorts(
            erasures=DynamoErasures(table=settings.erasures_table, dynamodb=dynamodb),
            rows=profiles,
            subjects=subjects,
            deliveries=ErasableDeliveries(table=settings.deliveries_table, dynamodb=dynamodb),
            suppressions=DynamoSuppressions(table=settings.suppressions_table, dynamodb=dynamodb),
            failed_events=ErasableFailedEvents(bucket=settings.failed_bucket, s3=s3, store=failed),
            destinations=ChannelForgetting(
                channels, ForgetPorts(http=UrllibHttp(), secrets=secrets, clock=clock)
            ),
            ledger=DynamoLedger(table=settings.ledger_table, dynamodb=dynamodb, clock=clock),
            vault=vault,
            clock=clock,
        )
    )


class ErasableProfiles(DynamoProfiles):
    """`ErasableRows`."""

    def forget_ids(self, stem: str) -> None:
        for block in self.read_ids(stem, 0):
            self.delete(stem, block.name)


class ErasableDeliveries(DynamoDeliveries):
    """`erasure.ports.ErasableDeliveries`."""

    def forget(self, destination: str, keys: Collection[str]) -> None:
        self.delete([f"{destination}#{key}" for key in keys])


class ErasableFailedEvents:
    """`erasure.ports.ErasableFailedEvents` over the bucket, whose old versions are readable too."""

    def __init__(self, *, bucket: str, s3: Any, store: S3FailedEventStore) -> None:
        self._bucket = bucket
        self._s3 = s3
        self._store = store

    def naming(self, values: Collection[str], until: int) -> list[str]:
        found: list[str] = []
        keys = self._store.keys([f"{PREFIX}/", f"{REPLAYED_PREFIX}/"])
        for some in _chunks(keys, READ_AT_ONCE):
            found += [
                kept.key
                for kept in self._store.read(some)
                if kept
                and kept.failed.received_at <= until
                and names_any(kept.failed.payload, values)
            ]
        return found

    def remove(self, keys: Iterable[str]) -> None:
        for key in keys:
            try:
                self._remove(key)
            except (ClientError, BotoCoreError) as error:
                raise RetryLater("failed_events_unavailable", "S3 did not delete them") from error

    def _remove(self, key: str) -> None:
        page = self._s3.list_object_versions(Bucket=self._bucket, Prefix=key)
        for each in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
            self._s3.delete_object(
                Bucket=self._bucket, Key=each["Key"], VersionId=each["VersionId"]
            )


class ChannelForgetting:
    """`Forgetting` over the destinations of this deployment."""

    def __init__(self, channels: Mapping[str, Channel], ports: ForgetPorts) -> None:
        self._channels = channels
        self._ports = ports

    @property
    def names(self) -> Sequence[str]:
        return sorted(self._channels)

    def ask(self, destination: str, leaver: Leaver) -> ForgetReceipt:
        return forget(self._channels[destination], leaver, self._ports)


def _chunks(items: Iterator[str], size: int) -> Iterator[list[str]]:
    some: list[str] = []
    for each in items:
        some.append(each)
        if len(some) == size:
            yield some
            some = []
    if some:
        yield some
