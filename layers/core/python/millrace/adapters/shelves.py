"""Where values under branch keys lie for longer than a stream keeps them: three tables.

Each replaces a value under the condition that nobody wrote the item since it was read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec

from millrace.adapters.erasures import DynamoErasures
from millrace.adapters.profiles import answers as profile_answers
from millrace.adapters.subject_items import (
    PREFIX,
    Item,
    SubjectItems,
    stem_in,
    wrapped_in,
    wrapping,
)
from millrace.adapters.subjects import Changed
from millrace.adapters.subjects import answers as subject_answers
from millrace.adapters.table_scan import DynamoProfileScan
from millrace.erasure.request import context_of as erasure_context
from millrace.errors import RetryLater
from millrace.profiles.encoding import context_of as row_context
from millrace.profiles.ports import Conflict
from millrace.rotation.model import Cursor, Part, SealedItem

ROUNDS = 5
"""How often a subject that changes at the same time is read again."""
_KEY = {"#wrapped": "wrapped"}  # a reserved word


class DynamoProfileShelf:
    """`Shelf` of the states of people. A row's version stays: nothing that readers see changed."""

    name = "profiles"

    def __init__(self, *, table: str, dynamodb: Any) -> None:
        self._table = table
        self._dynamodb = dynamodb
        self._scan = DynamoProfileScan(table=table, dynamodb=dynamodb)

    def page(self, cursor: Cursor) -> tuple[list[SealedItem], Cursor]:
        rows, after = self._scan.page(cursor)
        found = [
            SealedItem(
                key=row.key,
                version=row.version,
                parts=(Part(row_context(row.key), row.state),),
            )
            for row in rows
            if row.state
        ]
        return found, after

    def replace(self, item: SealedItem, parts: Sequence[Part]) -> bool:
        (part,) = parts
        try:
            with profile_answers():
                self._dynamodb.update_item(
                    TableName=self._table,
                    Key={"pk": {"S": item.key}, "sk": {"S": "root"}},
                    UpdateExpression="SET #state = :state",
                    ConditionExpression="v = :version AND attribute_exists(#state)",
                    ExpressionAttributeNames={"#state": "state"},
                    ExpressionAttributeValues={
                        ":state": {"B": part.sealed},
                        ":version": {"N": str(item.version)},
                    },
                )
        except Conflict:
            return False
        return True


class DynamoSubjectShelf:
    """`Shelf` of the wrapped data keys of people, and `SubjectRotation`."""

    name = "subjects"

    def __init__(self, *, table: str, dynamodb: Any, items: SubjectItems) -> None:
        self._table = table
        self._dynamodb = dynamodb
        self._items = items

    def page(self, cursor: Cursor) -> tuple[list[SealedItem], Cursor]:
        with subject_answers():
            page = self._dynamodb.scan(
                TableName=self._table,
                FilterExpression="begins_with(pk, :subject) AND attribute_exists(#wrapped)",
                ExpressionAttributeNames=_KEY,
                ExpressionAttributeValues={":subject": {"S": PREFIX}},
                **({"ExclusiveStartKey": dict(cursor)} if cursor else {}),
            )
        return [_sealed(item) for item in page["Items"]], page.get("LastEvaluatedKey")

    def replace(self, item: SealedItem, parts: Sequence[Part]) -> bool:
        newest, *earlier = parts
        kept = {_epoch(part): {"B": part.sealed} for part in earlier}
        after: Item = {"wrapped": {"B": newest.sealed}}
        if kept:
            after["earlier"] = {"M": kept}
        return self._update(item.key, item.version, item.parts[0].sealed, after)

    def rotate(self, stems: Collection[str]) -> int:
        return sum(self._rotated(stem) for stem in sorted(set(stems)))

    def _rotated(self, stem: str) -> bool:
        """Also where the wrapped key was sealed anew meanwhile: until it is rotated or gone."""
        for _ in range(ROUNDS):
            item = self._read(stem)
            known = wrapped_in(item) if item else []
            if item is None or not known:
                return False
            new = self._items.rotated(item)
            after = {name: new[name] for name in ("epoch", "wrapped", "earlier")}
            if self._update(stem, *known[0], after):
                return True
        raise RetryLater("subject_contended", "a subject changed all the time: rotate again")

    def _read(self, stem: str) -> Item | None:
        with subject_answers():
            found: Item | None = self._dynamodb.get_item(
                TableName=self._table, Key=_key(stem), ConsistentRead=True
            ).get("Item")
        return found

    def _update(self, stem: str, epoch: int, wrapped: bytes, after: Item) -> bool:
        """False when another epoch began, the key was sealed anew, or it was destroyed."""
        names = {f"#{name}": name for name in after}
        try:
            with subject_answers():
                self._dynamodb.update_item(
                    TableName=self._table,
                    Key=_key(stem),
                    UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in after),
                    ConditionExpression="#epoch = :known AND #wrapped = :before",
                    ExpressionAttributeNames=names | _KEY | {"#epoch": "epoch"},
                    ExpressionAttributeValues={
                        ":known": {"N": str(epoch)},
                        ":before": {"B": wrapped},
                        **{f":{name}": value for name, value in after.items()},
                    },
                )
        except Changed:
            return False
        return True


class DynamoErasureShelf:
    """`Shelf` of what open erasures know of whom they erase; it goes when they are done."""

    name = "erasures"

    def __init__(self, erasures: DynamoErasures) -> None:
        self._erasures = erasures

    def page(self, cursor: Cursor) -> tuple[list[SealedItem], Cursor]:  # noqa: ARG002 - few: one page
        found = [self._erasures.read(name) for name in self._erasures.open_ids()]
        return [
            SealedItem(
                key=each.id,
                version=each.version,
                parts=(Part(erasure_context(each.id), each.sealed),),
            )
            for each in found
            if each and each.sealed
        ], None

    def replace(self, item: SealedItem, parts: Sequence[Part]) -> bool:
        known = self._erasures.read(item.key)
        if known is None or known.version != item.version:
            return False
        (part,) = parts
        return self._erasures.replace(msgspec.structs.replace(known, sealed=part.sealed))


def _key(stem: str) -> Item:
    return {"pk": {"S": PREFIX + stem}}


def _sealed(item: Item) -> SealedItem:
    stem = stem_in(item)
    return SealedItem(
        key=stem, version=int(item["epoch"]["N"]), parts=tuple(_parts(stem, wrapped_in(item)))
    )


def _parts(stem: str, wrapped: Iterable[tuple[int, bytes]]) -> Iterable[Part]:
    return (Part(wrapping(stem, epoch), sealed) for epoch, sealed in wrapped)


def _epoch(part: Part) -> str:
    """The context of a wrapped key ends with its epoch."""
    return part.context.rpartition("|")[2]
