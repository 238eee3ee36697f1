"""50,000 faults in every test run: nothing lost, nothing doubled, nothing blocked."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from millrace.profiles.model import Write
from tests.simulation.__main__ import Total, main, simulate
from tests.simulation.episode import Episode
from tests.simulation.faults import AROUND, KINDS
from tests.simulation.table import Table

ROOT = Path(__file__).resolve().parents[2]
SEEDS = (1, 2, 3, 4, 5)
FAULTS_PER_SEED = 10_000
EVERY_KIND = {kind for kinds in KINDS.values() for kind in kinds} | set(AROUND)


@pytest.mark.parametrize("seed", SEEDS)
def test_after_ten_thousand_faults_every_event_is_in_its_profile_exactly_once(seed: int) -> None:
    total = simulate(seed, FAULTS_PER_SEED)
    assert total.failing == [], total.line()
    assert total.faults.total() >= FAULTS_PER_SEED
    assert (total.lost, total.doubled, total.blocked, total.imbalance) == (0, 0, 0, 0)
    assert total.wrong == 0
    assert total.faults.keys() == EVERY_KIND


def test_who_came_back_while_destinations_deleted_them_is_told_of_anew() -> None:
    """It was not in this episode: told, deleted, and then remembered as told."""
    verdict = Episode(5051).play()
    assert verdict.is_clean, verdict


def test_the_default_run_injects_fifty_thousand_faults_of_many_kinds() -> None:
    assert len(SEEDS) * FAULTS_PER_SEED >= 50_000
    assert len(EVERY_KIND) >= 7


def test_the_same_seed_gives_the_same_bytes_in_another_process() -> None:
    """Sets of strings have another order there."""
    code = (
        "from tests.simulation.episode import Episode\n"
        "for seed in range(40, 50):\n"
        "    one = Episode(seed)\n"
        "    one.play()\n"
        "    print(one.digest(), sorted(one.chaos.counted.items()))"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(answers) == 1


def test_without_faults_the_same_shops_end_the_same() -> None:
    for seed in range(20):
        episode = Episode(seed, rate=0.0)
        verdict = episode.play()
        assert verdict.is_clean, verdict.complaints
        assert episode.chaos.total == 0
        ledger = episode.ledger
        placed = ledger.applied + ledger.blocked + ledger.erased
        again = ledger.duplicate  # written by a batch that came again for the sake of another event
        assert placed + again == len({one.message_id for one in episode.accepted})


def test_the_command_ends_with_one_line_and_says_success(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--seed", "6", "--faults", "300"]) == 0
    line = r"simulate seed=6 faults=\d+ events=\d+ lost=0 doubled=0 blocked=0 imbalance=0 wrong=0\n"
    assert re.fullmatch(line, capsys.readouterr().out)


def test_the_command_names_a_failing_episode_and_how_to_play_it_again(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_condition(table: Table, writes: Sequence[Write]) -> None:
        for write in writes:
            if write.row is not None:
                table._put(write.row)

    monkeypatch.setattr(Table, "_write", without_condition)
    assert main(["--seed", "6", "--faults", "300"]) == 1
    told = capsys.readouterr()
    assert "lost=0" not in told.out
    assert "wrong=0" not in told.out
    [episode, *_] = re.findall(r"run.py simulate --seed 6 --episode (\d+)", told.err)
    assert main(["--seed", "6", "--episode", episode]) == 1


@pytest.mark.slow
def test_a_million_faults_lose_nothing() -> None:
    total: Total = simulate(7, 1_000_000)
    assert total.failing == [], total.line()
