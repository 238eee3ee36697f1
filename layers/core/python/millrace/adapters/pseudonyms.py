"""Subjects by their pseudonym, through an index that holds whoever is not erased."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from millrace.adapters.subject_items import PREFIX
from millrace.adapters.subjects import answers
from millrace.privacy import Subject, SubjectReader

INDEX = "by-pseudonym"
MAX_KNOWN = 50_000


class DynamoPseudonyms:
    """`Pseudonyms` over the subjects table.

    The subject itself is read, so an index that lags behind an erasure gives nobody away.
    """

    def __init__(
        self, *, table: str, dynamodb: Any, subjects: SubjectReader, threads: int = 1
    ) -> None:
        self._table = table
        self._dynamodb = dynamodb
        self._subjects = subjects
        self._threads = threads
        self._stems: dict[str, str] = {}

    def named(self, pseudonyms: Collection[str]) -> dict[str, Subject]:
        if len(self._stems) > MAX_KNOWN:
            self._stems.clear()
        self._learn([each for each in sorted(set(pseudonyms)) if each not in self._stems])
        stems = {each: self._stems[each] for each in pseudonyms if each in self._stems}
        found = self._subjects.read(set(stems.values()), is_fresh=True)
        return {
            pseudonym: found[stem]
            for pseudonym, stem in stems.items()
            if stem in found and found[stem].pseudonym == pseudonym
        }

    def _learn(self, unknown: list[str]) -> None:
        with ThreadPoolExecutor(self._threads) as threads:
            stems = list(threads.map(self._stem, unknown))
        for pseudonym, stem in zip(unknown, stems, strict=True):
            if stem:
                self._stems[pseudonym] = stem

    def _stem(self, pseudonym: str) -> str:
        with answers():
            answer = self._dynamodb.query(
                TableName=self._table,
                IndexName=INDEX,
                KeyConditionExpression="pseudonym = :pseudonym",
                ExpressionAttributeValues={":pseudonym": {"S": pseudonym}},
            )
        items = answer["Items"]
        return str(items[0]["pk"]["S"]).removeprefix(PREFIX) if items else ""
