"""Rotation over the real tables and KMS."""

from __future__ import annotations

from time import sleep

from millrace.adapters.aws import client
from millrace.adapters.branch_keys import KmsBranchKeys
from millrace.adapters.clock import SystemClock, SystemRandomness
from millrace.adapters.erasures import DynamoErasures
from millrace.adapters.profiles import DynamoProfiles
from millrace.adapters.shelves import DynamoErasureShelf, DynamoProfileShelf, DynamoSubjectShelf
from millrace.adapters.subject_items import SubjectItems
from millrace.adapters.subjects import DynamoSubjects
from millrace.adapters.sweeps import DynamoSweeps
from millrace.adapters.vault import KmsVault, open_vault
from millrace.adapters.wrapped_keys import WrappedKeys
from millrace.profiles.rules import DEFAULT_RULES
from millrace.rotation import Rotation, Rules
from millrace.rotation.ports import PersonPorts, SweepPorts
from millrace.settings import PrivacyRotateSettings


class Rotating:
    """The places where keys and sealed values lie, and the clients for them."""

    def __init__(self, settings: PrivacyRotateSettings) -> None:
        self._settings = settings
        self._dynamodb = client("dynamodb", read_seconds=5.0)
        self._kms = client("kms")
        self._clock = SystemClock()
        self._randomness = SystemRandomness()

    def open(self) -> Rotation:
        """What one run works with: its vault remembers no pointer from before a rotation."""
        settings = self._settings
        vault = open_vault(settings, dynamodb=self._dynamodb, kms=self._kms)
        rows = DynamoProfileShelf(table=settings.profiles_table, dynamodb=self._dynamodb)
        subjects = self._subject_shelf(vault)
        return Rotation(
            sweep=SweepPorts(
                keys=KmsBranchKeys(self._keys(), former_key=settings.former_key),
                shelves=[subjects, rows, self._erasure_shelf()],
                sweeps=DynamoSweeps(table=settings.subjects_table, dynamodb=self._dynamodb),
                vault=vault,
                clock=self._clock,
                sleep=sleep,
            ),
            person=self._person(vault, subjects, rows),
            rules=Rules(branch_days=settings.branch_days, kept_days=settings.kept_days),
        )

    def _person(
        self, vault: KmsVault, subjects: DynamoSubjectShelf, rows: DynamoProfileShelf
    ) -> PersonPorts:
        reader = DynamoSubjects(
            table=self._settings.subjects_table,
            dynamodb=self._dynamodb,
            vault=vault,
            randomness=self._randomness,
        )
        store = DynamoProfiles(
            table=self._settings.profiles_table,
            dynamodb=self._dynamodb,
            vault=vault,
            subjects=reader,
            rules=DEFAULT_RULES,
        )
        return PersonPorts(store=store, reader=reader, rotation=subjects, rows=rows, vault=vault)

    def _keys(self) -> WrappedKeys:
        return WrappedKeys(
            stage=self._settings.stage,
            table=self._settings.subjects_table,
            key_arn=self._settings.key_arn,
            dynamodb=self._dynamodb,
            kms=self._kms,
            clock=self._clock,
        )

    def _subject_shelf(self, vault: KmsVault) -> DynamoSubjectShelf:
        return DynamoSubjectShelf(
            table=self._settings.subjects_table,
            dynamodb=self._dynamodb,
            items=SubjectItems(vault, self._randomness),
        )

    def _erasure_shelf(self) -> DynamoErasureShelf:
        table = self._settings.erasures_table
        return DynamoErasureShelf(DynamoErasures(table=table, dynamodb=self._dynamodb))
