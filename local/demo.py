"""`python3 run.py demo`: a shop's days through the real HTTP door, then what came of them.

Standard output repeats byte for byte for one seed; what was measured goes to standard error.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import json
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from local.engine import STATE, Engine
from local.progress import Progress
from local.sql import query_lake
from local.traffic import Advance, FailNext, Send, Shop, Step

LEDGER_ORDER = ("received", "applied", "duplicate", "failed", "blocked_by_consent", "erased")
ADA = "user_id:ada"


class Client:
    """One keep-alive connection to the engine, as a tracking client or a reader."""

    def __init__(self, engine: Engine) -> None:
        self._authority = urlsplit(engine.url).netloc
        self._connection = http.client.HTTPConnection(self._authority, timeout=30)
        self._read_key = engine.read_key
        self._write_key = engine.write_keys["website"]

    def post(self, path: str, body: bytes) -> int:
        """Send one tracking request; the status of the answer."""
        headers = {"content-type": "application/json", "x-write-key": self._write_key}
        self._connection.request("POST", path, body=body, headers=headers)
        answer = self._connection.getresponse()
        answer.read()
        return answer.status

    def profile(self, identifier: str) -> dict[str, Any]:
        """What the read API says of a person."""
        path = f"/v1/profiles/{quote(identifier)}"
        headers = {"authorization": f"Bearer {self._read_key}"}
        self._connection.request("GET", path, headers=headers)
        answer: dict[str, Any] = json.loads(self._connection.getresponse().read())
        return answer


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    started = time.monotonic()
    with Engine.start(seed=options.seed, state=options.state, background=False) as engine:
        start_seconds = time.monotonic() - started
        steps = list(Shop(seed=options.seed, visitors=options.visitors).days())
        sent = _play(engine, steps)
        seconds = time.monotonic() - started - start_seconds
        _report(engine, options.seed, sent)
        _measured(sent, start_seconds, seconds)
        return _print_ledger(engine.ledger())


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="run.py demo", description=__doc__)
    parser.add_argument("--seed", type=int, default=7, help="the same seed, the same bytes")
    parser.add_argument("--visitors", type=int, default=90)
    parser.add_argument(
        "--state", type=Path, default=STATE, help="where `run.py sql` finds the lake"
    )
    return parser.parse_args(arguments)


def _play(engine: Engine, steps: list[Step]) -> int:
    """Carry out the script; how many events were sent, copies included."""
    client = Client(engine)
    sent = 0
    with Progress("playing", total=len(steps)) as progress:
        for step in steps:
            match step:
                case Send(path, body, event_count, copies):
                    for _ in range(copies):
                        _expect_accepted(client.post(path, body))
                        sent += event_count
                case Advance(seconds):
                    engine.settle()
                    engine.clock.advance(seconds)
                case FailNext(destination, status, times):
                    engine.fail_next(destination, status=status, times=times)
            progress.step()
        engine.settle()
    return sent


def _expect_accepted(status: int) -> None:
    if status != 200:
        sys.exit(f"the engine answered {status} to a batch; see /_local/sinks for its log lines")


def _report(engine: Engine, seed: int, sent: int) -> None:
    client = Client(engine)
    print(f"A shop's day, its rough patch and its return two weeks later (seed {seed})")
    print(f"  sent      {sent:,} events over HTTP, some of them three times, some unusable")
    ada = client.profile(ADA)
    views = ada["counters"].get("Product Viewed", 0)
    print(
        f"  ada       {views} looks as a stranger, then she signed up: one profile with all of them"
    )
    stranger, alias = (
        client.profile("anonymous_id:ada-phone"),
        client.profile("user_id:ada.lovelace"),
    )
    same = {ada["profile_id"]} == {stranger["profile_id"], alias["profile_id"]}
    print(f"  identity  her phone, her login and her new login are the same person: {same}")
    for event, count in query_lake(
        engine.lake_path,
        "select event, count(*) n from events group by 1 order by n desc, 1 limit 3",
    ):
        print(f"  lake      {count:>5,} {event}")
    for destination in ("klaviyo", "webhook"):
        print(f"  {destination:<9} {len(engine.outbox(destination))} requests")
    print(f"  state     sha256 {_digest(client, engine)}")


def _digest(client: Client, engine: Engine) -> str:
    """One hash over profiles, ledger and what the destinations were sent."""
    people = [client.profile(f"anonymous_id:device-{number}") for number in range(30)]
    said = [engine.outbox(name) for name in ("klaviyo", "webhook")]
    state = json.dumps([people, said, engine.ledger()], sort_keys=True, default=str)
    return hashlib.sha256(state.encode()).hexdigest()[:16]


def _measured(sent: int, start_seconds: float, seconds: float) -> None:
    print(
        f"measured: started in {start_seconds:.1f} s; {sent:,} events end to end in "
        f"{seconds:.1f} s, {sent / seconds:,.0f} events/s",
        file=sys.stderr,
    )


def _print_ledger(ledger: dict[str, int]) -> int:
    counts = " ".join(f"{name}={ledger[name]}" for name in (*LEDGER_ORDER, "parked", "balance"))
    print(f"ledger {counts}")
    return 0 if ledger["balance"] == 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
