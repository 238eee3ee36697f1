"""The lake's events in the stream again: as they were, once each, at most so many a second."""

from __future__ import annotations

import msgspec
import pytest

from millrace.errors import NeedsHuman
from millrace.events import Event, Identifier, open_envelope, seal_envelope
from millrace.events.envelope import Envelope
from millrace.intake.ports import NotAllWritten
from millrace.lake import write_batch
from millrace.lake.replaying import CHUNK, ReplayDoors, Report, Task, read_task, replay
from millrace.settings import ConsentSettings
from tests.fakes.kinesis import MemorySink
from tests.fakes.lake import MemoryLake
from tests.fakes.lake_reader import MemoryLakeFiles
from tests.fakes.subjects import MemorySubjects
from tests.fakes.vault import MemoryVault

NOON = 1_795_348_800_000


class Scene:
    """A lake with the events of some people, and what a replay touches."""

    def __init__(self, *events: Event) -> None:
        self.vault, self.subjects, self.lake = MemoryVault(), MemorySubjects(), MemoryLake()
        self.write(*events)
        self.files, self.sink = MemoryLakeFiles(self.lake), MemorySink()
        self.slept: list[float] = []
        self.counted: list[int] = []

    def write(self, *events: Event, is_from_lake: bool = False) -> int:
        mark = {"is_from_lake": True} if is_from_lake else {}
        written = write_batch(
            [seal_envelope(Envelope(events=(event,), **mark), self.vault) for event in events],
            vault=self.vault,
            subjects=self.subjects,
            lake=self.lake,
            grants=lambda *_: False,
            consent=ConsentSettings(),
        )
        return written.rows

    def count(self, name: str, amount: int) -> None:
        assert name == "EventsReplayed"
        self.counted.append(amount)

    def replay(self, **wishes) -> Report:
        doors = ReplayDoors(
            lake=self.files, pseudonyms=self.subjects, sink=self.sink, vault=self.vault,
            sleep=self.slept.append,
        )  # fmt: skip
        report = Report()
        for key in self.files.keys(None, None):
            report = report.plus(replay(Task(key=key, **wishes), doors, self))
        return report

    @property
    def events(self) -> list[Event]:
        found = [open_envelope(record.data, self.vault) for record in self.sink.records]
        assert all(envelope.is_from_lake is True for envelope in found)
        return [event for envelope in found for event in envelope.events]


def an_event(number: int, who: str = "ann", **more) -> Event:
    anchor = Identifier("user_id", who)
    return Event(
        message_id=f"m{number}",
        type="track",
        source=more.pop("source", "website"),
        event_at=NOON - 86_400_000,
        received_at=NOON + number,
        anchor=anchor,
        identifiers=(anchor,),
        name="Product Viewed",
        properties={"note": f"private {number}"},
        **more,
    )


def test_an_event_comes_back_whole_in_the_order_in_which_they_came():
    events = [an_event(number) for number in range(5)]
    scene = Scene(*reversed(events))
    assert scene.replay() == Report(replayed=5)
    assert scene.events == events
    assert scene.counted == [5]


def test_copies_within_a_file_are_replayed_once():
    scene = Scene(an_event(1))
    (key,) = scene.lake.files
    scene.lake.files[key] *= 3
    assert scene.replay().replayed == 1


def test_events_of_erased_people_and_changed_rows_are_counted_and_left():
    scene = Scene(an_event(1), an_event(2, "bob"), an_event(3, "eve"))
    (stem,) = [stem for stem in scene.subjects.items if stem == _stem(scene, "bob")]
    scene.subjects.erase([stem], since=1, erased_at=NOON + 10)
    (key,) = scene.lake.files
    ann, bob, eve = sorted(scene.lake.files[key], key=lambda row: row.received_at)
    scene.lake.files[key] = (ann, bob, msgspec.structs.replace(eve, sealed=ann.sealed))
    assert scene.replay() == Report(replayed=1, erased=1, unreadable=1)
    assert [event.anchor.value for event in scene.events] == ["ann"]


def _stem(scene: Scene, who: str) -> str:
    return next(
        stem for stem in scene.subjects.items
        if stem.endswith(scene.vault.token("user_id", who))
    )  # fmt: skip


def test_only_the_span_and_the_source_that_are_asked_for():
    scene = Scene(*(an_event(number, source="abc"[number % 3]) for number in range(9)))
    scene.replay(since=NOON + 2, until=NOON + 7, source=("a", "b"))
    assert [event.message_id for event in scene.events] == ["m3", "m4", "m6"]


def test_a_dry_run_counts_and_writes_nothing():
    scene = Scene(an_event(1))
    assert scene.replay(is_dry=True) == Report(replayed=1)
    assert (scene.sink.records, scene.counted, scene.slept) == ([], [], [])


def test_a_long_file_is_replayed_piece_by_piece_below_the_rate():
    scene = Scene(*(an_event(number) for number in range(2 * CHUNK + 5)))
    first = scene.replay(most=CHUNK + 1, rate=50)
    assert (first.replayed, first.next) == (CHUNK + 1, CHUNK + 1)
    rest = scene.replay(first=first.next, rate=50)
    assert (rest.replayed, rest.next) == (CHUNK + 4, None)
    assert sum(scene.slept) == pytest.approx((2 * CHUNK + 5) / 50)
    assert len({event.message_id for event in scene.events}) == 2 * CHUNK + 5


def test_a_stream_that_takes_a_part_is_told_again_and_only_the_part_is_counted():
    scene = Scene(an_event(1), an_event(2, "bob"))
    taken = scene.sink.put

    def put(records):
        taken(records[:1])
        raise NotAllWritten("the stream did not take 1 of 2 records", unwritten=frozenset({1}))

    scene.sink.put = put
    with pytest.raises(NotAllWritten):
        scene.replay()
    assert scene.counted == [1]
    scene.sink.put = taken
    assert scene.replay().replayed == 2


def test_a_file_that_is_gone_or_broken_does_not_end_the_replay():
    scene = Scene(an_event(1))
    (key,) = scene.lake.files
    scene.files.broken.add(key)
    assert scene.replay() == Report(broken_files=1)
    scene.files.broken.clear()
    doors = ReplayDoors(
        lake=scene.files, pseudonyms=scene.subjects, sink=scene.sink, vault=scene.vault,
        sleep=scene.slept.append,
    )  # fmt: skip
    assert replay(Task(key="events/none"), doors, scene) == Report(gone_files=1)


def test_what_came_from_the_lake_is_not_written_to_it_once_more():
    scene = Scene(an_event(1))
    assert scene.write(an_event(1), is_from_lake=True) == 0
    assert scene.write(an_event(1)) == 1


def test_an_invocation_that_is_no_task_is_refused():
    with pytest.raises(NeedsHuman, match="bad_task"):
        read_task({"key": 1})
    assert read_task({"key": "events/x"}).rate == 100
