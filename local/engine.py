"""The local engine: start it, send to its `url`, settle, look."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Self

from infra.environment import Environment, load_environment
from local import ROOT
from local.aws_door import AwsDoor
from local.clock import SEEDED_START_MS, LocalClock
from local.cloud import ENVIRONMENT, Cloud, moto_running, only_environment
from local.control import Control
from local.door import Door
from local.esps import Esps, Failure
from local.functions import LocalFunction
from local.gate import report
from local.gateway import Gateway
from local.keys import give_keys, with_a_tracking_source
from local.ledger import Ledger
from local.machines import Machines
from local.mirror import Mirror
from local.outages import Outage, Outages
from local.parking import Parking
from local.ports import system_ports
from local.pumps import Pumps
from local.resources import Workshop
from local.schedules import Schedules
from local.sinks import dump
from local.template import Assembly, load_templates
from local.wiring import check_duties, deploy, load_functions, make_pumps, outputs_of, variables_for

TEMPLATES = ROOT / "local" / "template"
CONFIG = ROOT / "config" / "local.toml"
STATE = ROOT / ".millrace"


class Engine:
    """One at a time in a process: moto's state is the process's."""

    @classmethod
    def start(
        cls,
        *,
        environment: Environment | None = None,
        port: int = 0,
        seed: int | None = None,
        state: Path = STATE,
        background: bool = True,
    ) -> Self:
        """A running engine; close it, or use it as a context manager.

        With a seed the clock starts at 2026-12-01T00:00:00Z and moves only when told, and keys and
        random bytes repeat. Without `background`, streams and queues move only in `settle`.
        """
        found = with_a_tracking_source(environment or load_environment(CONFIG))
        engine = cls(found, seed, state)
        try:
            engine._open(port, is_pumping=background)
        except BaseException:
            engine.close()
            raise
        return engine

    def __init__(self, environment: Environment, seed: int | None, state: Path) -> None:
        self.clock = LocalClock(None if seed is None else SEEDED_START_MS)
        self.lake_path = state / "lake"
        self._seed, self._environment = seed, environment
        self._ledger = Ledger()
        self.outages = Outages()
        self._lock = threading.Lock()
        self._ids = Random(seed)  # noqa: S311 - request ids
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End everything that was started; within 5 s."""
        self._stack.close()

    @property
    def url(self) -> str:
        return self._door.url

    def settle(self, timeout: float | None = None) -> dict[str, int]:
        """Run until nothing is in flight, windows and waits cut short; what is left in time."""
        until = None if timeout is None else time.monotonic() + timeout
        self._schedules.run()
        left = self._door.wait_until_idle(until) or self.machines.settle(until)
        return left or self._pumps.settle(until)

    def ledger(self) -> dict[str, int]:
        """What became of the events, with `balance`."""
        return self._ledger.counts()

    def metrics(self) -> dict[str, int]:
        """Every count that a function has written, by metric name."""
        return self._ledger.metrics()

    def outbox(self, destination: str) -> list[dict[str, Any]]:
        """The requests that a fake ESP received; KeyError for an unknown destination."""
        return list(self.esps[destination].outbox)

    def fail_next(self, destination: str, *, status: int, times: int = 1, **more: Any) -> None:
        """Make a destination answer its next requests so; `more` may hold headers and body."""
        self.esps[destination].fail_next(Failure(status=status, times=times, **more))

    def fail_service(self, service: str, *, times: int = 1, **more: Any) -> None:
        """Refuse the functions' next calls to an AWS service; `more` may hold status and code."""
        self.outages.fail_next(service, Outage(times=times, **more))

    def sinks(self) -> Iterator[bytes]:
        """Everything at rest, a JSON value a line."""
        with self._lock:
            yield from dump(self.cloud, self.functions.values())

    def grants(self) -> dict[str, list[dict[str, str]]]:
        """What the functions' roles were used for, were not used for, and refused."""
        return report([function.role for function in self.functions.values()])

    def log_lines(self, path: str) -> list[str]:
        """What the function at `path` printed."""
        return list(self.functions[path].lines)

    def _open(self, port: int, *, is_pumping: bool) -> None:
        self._stack.enter_context(only_environment(ENVIRONMENT))
        self._stack.enter_context(moto_running(self.clock, self._seed))
        self._stack.enter_context(system_ports(self.clock, self._seed))
        self._door = Door(port)
        self._stack.callback(self._door.close)
        self.cloud = Cloud()
        self._mirror = Mirror(self.cloud, self.lake_path)
        self._mirror.empty()
        self._play()
        aws = AwsDoor(self.functions, self.machines, self._invoke, self._lock, self._pumps.notice)
        self._door.open(self._gateway, self.esps, Control(self), aws)
        if is_pumping:
            self._stack.callback(self.settle, timeout=2)
            self._stack.callback(self._pumps.stop)
            self._pumps.start()

    def _play(self) -> None:
        """Make what the template says, load its functions and join them."""
        deployment = deploy(Assembly(load_templates(TEMPLATES), Workshop(self.cloud).make))
        self._environment = self._environment.model_copy(
            update={"stage": deployment.variable("STAGE")}
        )
        self._mirror.bucket = deployment.variable("LAKE_BUCKET")
        vault = deployment.vault()
        self.write_keys, self.read_key = give_keys(
            self.cloud, self._environment, deployment.names, vault, self._seed
        )
        self.esps = Esps(list(self._environment.destinations))
        base_urls = {name: f"{self.url}/_esp/{name}" for name in self._environment.destinations}
        variables = variables_for(self._environment, deployment, base_urls, self._seed)
        told = self.outages.before(self._mirror.observe)
        self.functions = load_functions(deployment, self.cloud, variables, told, self._ledger.read)
        self.people = deployment.people
        self.outputs = outputs_of(deployment, variables, self.lake_path)
        check_duties(deployment)
        give_up = Parking(self.cloud, self.clock, self._ledger, vault).keep
        self._pumps = Pumps(
            make_pumps(deployment, self.functions, self.cloud, self.clock, self._invoke, give_up)
        )
        self._by_arn = {each.plan.arn: each for each in self.functions.values()}
        self.machines = Machines(deployment.machines, self.cloud, self._call)
        self._schedules = Schedules(deployment.schedules, self._call, self.clock.now_ms)
        self._gateway = Gateway(
            deployment.router, deployment.cors, self._call, self.clock, self._new_id
        )

    def _call(self, arn: str, event: dict[str, Any], request_id: str = "") -> Any:
        return self._invoke(self._by_arn[arn], event, request_id)

    def _invoke(self, function: LocalFunction, event: dict[str, Any], request_id: str) -> Any:
        """One invocation at a time: moto is not made for threads, and order stays the same."""
        with self._lock:
            try:
                return function.invoke(event, request_id or self._new_id())
            finally:
                self._mirror.catch_up()
                self._pumps.notice()

    def _new_id(self) -> str:
        return f"{self._ids.getrandbits(128):032x}"
