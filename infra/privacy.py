"""Privacy: the key that seals everything, the table of what it wraps, and the ledger."""

from __future__ import annotations

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.key import SealingKey
from infra.table import SealedTable
from millrace.adapters.pseudonyms import INDEX


class PrivacyStore(Construct):
    """The customer-managed key, the `subjects` table and the `ledger` table."""

    def __init__(self, scope: Construct) -> None:
        super().__init__(scope, "Privacy")
        self.key: kms.IKey = SealingKey(self, "Key")
        self.subjects: dynamodb.ITable = self._subjects()
        self.ledger: dynamodb.ITable = SealedTable(self, "Ledger", key=self.key, has_sort_key=True)

    def _subjects(self) -> SealedTable:
        """Erased subjects have no pseudonym, so the index names only who can still be read."""
        table = SealedTable(self, "Subjects", key=self.key)
        table.add_global_secondary_index(
            index_name=INDEX,
            partition_key=dynamodb.Attribute(name="pseudonym", type=dynamodb.AttributeType.STRING),
            projection_type=dynamodb.ProjectionType.KEYS_ONLY,
        )
        return table
