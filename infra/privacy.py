"""Privacy: the key that seals everything, the table of what it wraps, and the ledger."""

from __future__ import annotations

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.key import SealingKey
from infra.table import SealedTable


class PrivacyStore(Construct):
    """The customer-managed key, the `subjects` table and the `ledger` table."""

    def __init__(self, scope: Construct) -> None:
        super().__init__(scope, "Privacy")
        self.key: kms.IKey = SealingKey(self, "Key")
        self.subjects: dynamodb.ITable = SealedTable(self, "Subjects", key=self.key)
        self.ledger: dynamodb.ITable = SealedTable(self, "Ledger", key=self.key, has_sort_key=True)
