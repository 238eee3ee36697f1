"""Rows and id blocks as items of the profiles table."""

from __future__ import annotations

from typing import Any

from millrace.profiles.model import IdBlock, Row

ROOT = {"S": "root"}
Item = dict[str, dict[str, Any]]


def to_row(item: Item) -> Row:
    return Row(
        key=item["pk"]["S"],
        version=int(item["v"]["N"]),
        to=item.get("to", {}).get("S", ""),
        state=bytes(item.get("state", {}).get("B", b"")),
        dirty={name: int(v["N"]) for name, v in item.get("dirty", {}).get("M", {}).items()},
        moved_at=int(item.get("at", {}).get("N", 0)),
        erased_at=int(item.get("erased_at", {}).get("N", "0")),
    )


def to_root_item(row: Row) -> Item:
    item: Item = {"pk": {"S": row.key}, "sk": ROOT, "v": {"N": str(row.version)}}
    if row.erased_at:
        item["erased_at"] = {"N": str(row.erased_at)}
    if row.is_tombstone:
        return item
    if row.to:
        return {**item, "to": {"S": row.to}, "at": {"N": str(row.moved_at)}}
    dirty = {name: {"N": str(version)} for name, version in row.dirty.items()}
    return {**item, "state": {"B": row.state}, "dirty": {"M": dirty}}


def to_item(block: IdBlock) -> Item:
    return {"pk": {"S": block.stem}, "sk": {"S": block.name}, "ids": {"B": block.packed}}


def to_block(item: Item) -> IdBlock:
    return IdBlock(stem=item["pk"]["S"], name=item["sk"]["S"], packed=bytes(item["ids"]["B"]))
