"""Whole tables, page by page: for audits and retention, which have to look at everybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from millrace.adapters.client_errors import code_of
from millrace.adapters.profile_items import to_row
from millrace.errors import NeedsHuman, RetryLater
from millrace.profiles.model import Row

Cursor = Mapping[str, Any] | None
_REFUSED = {"AccessDeniedException", "ResourceNotFoundException", "ValidationException"}


class DynamoProfileScan:
    """Root and alias rows of the profiles table."""

    def __init__(self, *, table: str, dynamodb: Any) -> None:
        self._table = table
        self._dynamodb = dynamodb

    def page(self, cursor: Cursor = None) -> tuple[list[Row], Cursor]:
        """The rows of one page after `cursor`, and the cursor of the next; None at the end."""
        page = _scan(
            self._dynamodb,
            {
                "TableName": self._table,
                "FilterExpression": "sk = :root",
                "ExpressionAttributeValues": {":root": {"S": "root"}},
                **({"ExclusiveStartKey": dict(cursor)} if cursor else {}),
            },
        )
        return [to_row(item) for item in page["Items"]], page.get("LastEvaluatedKey")

    def rows(self) -> Iterator[Row]:
        """All of them."""
        rows, cursor = self.page()
        yield from rows
        while cursor:
            rows, cursor = self.page(cursor)
            yield from rows


class DynamoLedgerScan:
    """Whom the ledger has chains of."""

    def __init__(self, *, table: str, dynamodb: Any) -> None:
        self._table = table
        self._dynamodb = dynamodb

    def subjects(self) -> list[str]:
        """Every subject once, in order."""
        request: dict[str, Any] = {
            "TableName": self._table,
            "FilterExpression": "begins_with(pk, :chain) AND begins_with(sk, :link)",
            "ExpressionAttributeValues": {":chain": {"S": "l#"}, ":link": {"S": "n#"}},
            "ProjectionExpression": "pk",
        }
        found: set[str] = set()
        while True:
            page = _scan(self._dynamodb, request)
            found |= {item["pk"]["S"].removeprefix("l#") for item in page["Items"]}
            if not page.get("LastEvaluatedKey"):
                return sorted(found)
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _scan(dynamodb: Any, request: dict[str, Any]) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = dynamodb.scan(**request)
    except (ClientError, BotoCoreError) as error:
        code = type(error).__name__
        if isinstance(error, ClientError):
            code = code_of(error)
        if code in _REFUSED:
            raise NeedsHuman("scan_refused", f"the table refused to be scanned: {code}") from error
        raise RetryLater("scan_unavailable", f"the table did not answer: {code}") from error
    return answer
