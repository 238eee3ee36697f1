"""What surrounds a call to AWS: who goes first, what goes wrong, and what the caller is told."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, NoReturn, Protocol

import msgspec

from millrace.errors import RetryLater

Items = Collection[str]
"""What a call reads or writes, by name: `row i#user_id#x`, `subject i#user_id#x`, `outside`."""


class Crash(BaseException):
    """The sandbox dies: none of its code runs any more."""


class Conditions(Protocol):
    """What surrounds every call: who goes first, and what goes wrong."""

    def before(self, call: str, items: Items) -> str:
        """Called first; answers the fault of this call, empty for none."""
        ...

    def pause(self, items: Items) -> None:
        """Others may go before the rest of a call, which reads `items`."""
        ...

    def later(self, effect: Callable[[], object]) -> None:
        """Do `effect` at some later time."""
        ...


class Calm:
    """Nothing goes wrong and nobody else is there."""

    def before(self, call: str, items: Items) -> str:
        return ""

    def pause(self, items: Items) -> None: ...

    def later(self, effect: Callable[[], object]) -> None: ...


def answered(conditions: Conditions, fault: str, effect: Callable[[], Any]) -> Any:
    """What the caller gets of a call under `fault`; see faults.py for what each means."""
    if fault in {"throttle", "timeout_before"}:
        refuse(fault)
    if fault == "late":
        conditions.later(effect)
        refuse(fault)
    if fault == "crash_before":
        raise Crash
    result = effect()
    if fault == "echo":
        conditions.later(effect)
    if fault == "crash_after":
        raise Crash
    if fault in {"timeout_after", "error_500_applied"}:
        refuse(fault)
    return result


def refuse(fault: str) -> NoReturn:
    raise RetryLater("unavailable", f"injected: {fault}")


class Call(msgspec.Struct, frozen=True):
    """A method that calls AWS: its name in the simulation, and what it reads or writes."""

    name: str
    items: Callable[..., Items]


class Port:
    """A port whose `calls` are made under `conditions`; everything else of it is as it was."""

    def __init__(self, port: Any, conditions: Conditions, calls: Mapping[str, Call]) -> None:
        self._port = port
        self._conditions = conditions
        self._calls = calls

    def __getattr__(self, name: str) -> Any:
        real, call = getattr(self._port, name), self._calls.get(name)
        if call is None:
            return real

        def made(*given: Any, **named: Any) -> Any:
            fault = self._conditions.before(call.name, call.items(*given, **named))
            return answered(self._conditions, fault, lambda: real(*given, **named))

        return made


def each(kind: str, names: Collection[str]) -> Items:
    return [f"{kind} {name}" for name in names]
