"""Everything an erasure does to the stores of other capabilities."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import ModuleType
from typing import Any

from millrace.activation import channels_for
from millrace.activation.channel import Channel
from millrace.activation.forget import ForgetPorts, ForgetReceipt, forget
from millrace.activation.model import Leaver
from millrace.adapters.aws import client
from millrace.adapters.clock import SystemClock, SystemRandomness
from millrace.adapters.deliveries import DynamoDeliveries
from millrace.adapters.erasures import DynamoErasures
from millrace.adapters.http import UrllibHttp
from millrace.adapters.ledger import DynamoLedger
from millrace.adapters.profiles import DynamoProfiles
from millrace.adapters.sealed_objects import S3SealedObjects
from millrace.adapters.secrets import SecretsManagerSecrets
from millrace.adapters.subjects import DynamoSubjects
from millrace.adapters.suppressions import DynamoSuppressions
from millrace.adapters.vault import open_vault
from millrace.erasure import Erasing, ErasingPorts
from millrace.erasure.remainders import PARKED, Holder, of_detour, of_failed_event, of_parked
from millrace.failed.model import PREFIX as FAILED
from millrace.failed.model import REPLAYED_PREFIX as REPLAYED
from millrace.intake.overflow import PREFIX as OVERFLOW
from millrace.profiles.model import IdBlock
from millrace.profiles.rules import DEFAULT_RULES
from millrace.settings import PrivacyEraseSettings


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
    secrets = SecretsManagerSecrets(client("secretsmanager"), clock)
    channels = channels_for(destinations, settings.destinations)
    return Erasing(
        ErasingPorts(
            erasures=DynamoErasures(table=settings.erasures_table, dynamodb=dynamodb),
            rows=profiles,
            subjects=subjects,
            deliveries=ErasableDeliveries(table=settings.deliveries_table, dynamodb=dynamodb),
            suppressions=DynamoSuppressions(table=settings.suppressions_table, dynamodb=dynamodb),
            holders=_holders(settings, s3),
            destinations=ChannelForgetting(
                channels, ForgetPorts(http=UrllibHttp(), secrets=secrets, clock=clock)
            ),
            ledger=DynamoLedger(table=settings.ledger_table, dynamodb=dynamodb, clock=clock),
            vault=vault,
            clock=clock,
            remains_hours=settings.remains_hours,
            phone_region=settings.identifiers.phone_region,
        )
    )


def _holders(settings: PrivacyEraseSettings, s3: Any) -> list[Holder]:
    """Every place of sealed objects that can be listed."""
    failed, overflow, parked = (
        settings.failed_bucket,
        settings.overflow_bucket,
        settings.parked_bucket,
    )
    places = (
        ("failed events", failed, FAILED, of_failed_event),
        ("failed events, replayed", failed, REPLAYED, of_failed_event),
        ("overflow", overflow, OVERFLOW, of_detour),
        ("parked batches", parked, PARKED, of_parked),
    )
    return [
        Holder(
            objects=S3SealedObjects(store=store, bucket=bucket, prefix=prefix, s3=s3),
            sift=sift,
            is_before_profiles=sift is of_detour,
        )
        for store, bucket, prefix, sift in places
    ]


class ErasableProfiles(DynamoProfiles):
    """`ErasableRows`."""

    def forget_ids(self, blocks: Sequence[IdBlock]) -> None:
        for block in blocks:
            self.delete(block.stem, block.name)


class ErasableDeliveries(DynamoDeliveries):
    """`erasure.ports.ErasableDeliveries`."""

    def forget(self, destination: str, keys: Collection[str]) -> None:
        self.delete([f"{destination}#{key}" for key in keys])


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
