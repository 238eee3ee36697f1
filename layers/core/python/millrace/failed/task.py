"""What a replay is asked to do, by whom, and how functions/intake/replay is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec

from millrace.errors import NeedsHuman
from millrace.events.spelling import tells_an_address
from millrace.failed.mending import Step, told
from millrace.failed.selecting import Where

CHUNK = 100
"""Failed events that are tried, put and moved together."""
_Name = Annotated[str, msgspec.Meta(pattern=r"^\d{8}T\d{6}Z-[0-9a-f]{8}$")]


class Job(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One replay, of however many invocations."""

    id: _Name
    """`20261126T121500Z-0f3c9a71`: when it was asked for, and letters of its own."""
    by: Annotated[str, msgspec.Meta(min_length=1, max_length=2048)]
    """Whoever asked, as they say; CloudTrail says who invoked."""
    at: int


class Task(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to do with each failed event of a list."""

    job: Job
    where: Where = Where()
    steps: tuple[Step, ...] = ()
    is_dry: bool = False
    """Look only: nothing is put into the stream and nothing is moved."""
    rate: int = 0
    """Most events per second; 0 where the caller paces itself."""


class _Invocation(msgspec.Struct, frozen=True):
    """A batch as a distributed map hands it over: ItemReader's objects and ItemBatcher's input."""

    class _Input(msgspec.Struct, frozen=True):
        task: Task

    class _Item(msgspec.Struct, frozen=True):
        Key: str

    BatchInput: _Input
    Items: list[_Item]


def invocation(task: Task, keys: Sequence[str]) -> dict[str, Any]:
    """The event that a distributed map would invoke functions/intake/replay with."""
    batch = {"task": msgspec.to_builtins(task)}
    return {"BatchInput": batch, "Items": [{"Key": key} for key in keys]}


def read_invocation(event: Mapping[str, Any]) -> tuple[Task, list[str]]:
    """The task and the keys in an invocation; NeedsHuman for what is none."""
    try:
        found = msgspec.convert(event, _Invocation)
    except msgspec.ValidationError as error:
        raise NeedsHuman("bad_task", "this is no invocation of intake/replay") from error
    task = found.BatchInput.task
    check_names_nobody(task)
    return task, [item.Key for item in found.Items]


def check_names_nobody(task: Task) -> None:
    """NeedsHuman `names_somebody` where a filter or a pointer does: the journal keeps them."""
    if any(map(tells_an_address, (*task.where.words(), *map(told, task.steps)))):
        raise NeedsHuman(
            "names_somebody",
            "an address stands in --where or in a field of the mapping; both are kept with "
            "the replay when the person is erased, so select by code, source and time",
        )
