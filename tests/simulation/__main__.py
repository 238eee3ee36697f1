"""`python3 run.py simulate --seed N --faults M`: episodes until M faults were injected."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

import msgspec

from tests.simulation.episode import Episode

EPISODES_PER_SEED = 1_000_000


class Total(msgspec.Struct, kw_only=True):
    """What all episodes of a seed add up to."""

    seed: int
    faults: Counter[str] = msgspec.field(default_factory=Counter)
    episodes: int = 0
    events: int = 0
    lost: int = 0
    doubled: int = 0
    blocked: int = 0
    imbalance: int = 0
    wrong: int = 0
    """Whatever else is not as it should be: people, rows, what a destination was told."""
    failing: list[int] = msgspec.field(default_factory=list)

    def line(self) -> str:
        return (
            f"simulate seed={self.seed} faults={self.faults.total()} events={self.events} "
            f"lost={self.lost} doubled={self.doubled} blocked={self.blocked} "
            f"imbalance={self.imbalance} wrong={self.wrong}"
        )


def play(total: Total, number: int) -> None:
    """One episode, added to `total`; what is wrong is said on stderr, with how to see it again."""
    episode = Episode(total.seed * EPISODES_PER_SEED + number)
    verdict = episode.play()
    total.episodes += 1
    total.faults += episode.chaos.counted
    total.events += episode.events
    total.lost += verdict.lost
    total.doubled += verdict.doubled
    total.blocked += verdict.blocked
    total.imbalance += verdict.imbalance
    total.wrong += len(verdict.complaints)
    if not verdict.is_clean:
        total.failing.append(number)
        say(f"episode {number} went wrong: {verdict.lost=} {verdict.doubled=} {verdict.blocked=}")
        for complaint in verdict.complaints[:6]:
            say(f"  {complaint[:300]}")
        say(f"  again: python3 run.py simulate --seed {total.seed} --episode {number}")


def simulate(seed: int, faults: int) -> Total:
    total, started, number = Total(seed=seed), time.perf_counter(), 0
    while total.faults.total() < faults:
        play(total, number)
        number += 1
        if number % 100 == 0:
            rate = total.faults.total() / (time.perf_counter() - started)
            say(f"{total.faults.total()} faults, {total.events} events, {rate:.0f} faults/s")
    return total


def say(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="run.py simulate")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", type=int, default=50_000, help="stop after so many")
    parser.add_argument("--episode", type=int, help="play only this one of the seed")
    options = parser.parse_args(arguments)
    if options.episode is None:
        total = simulate(options.seed, options.faults)
    else:
        total = Total(seed=options.seed)
        play(total, options.episode)
    kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(total.faults.items()))
    say(f"{total.episodes} episodes; faults: {kinds}")
    sys.stdout.write(total.line() + "\n")
    return 1 if total.failing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
