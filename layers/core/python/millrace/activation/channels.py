"""From the message to its destination."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import ModuleType

from millrace.activation.channel import Channel
from millrace.activation.deliver import deliver
from millrace.activation.model import Destination, Message
from millrace.activation.report import Problem, Report, total
from millrace.activation.world import Ports
from millrace.errors import NeedsHuman
from millrace.registry import discover
from millrace.settings import DestinationSettings


def channels_for(
    package: ModuleType, settings: Mapping[str, DestinationSettings]
) -> dict[str, Channel]:
    """The destinations of `package` that this deployment uses, by name.

    Raises NeedsHuman `unknown_destination` for a name in the settings that has no definition,
    `no_purposes` for one of which nobody says what it is used for.
    """
    definitions = discover(package, Destination)
    unknown = sorted(settings.keys() - definitions.keys())
    if unknown:
        raise NeedsHuman(
            "unknown_destination",
            f"no definition is called {', '.join(unknown)}; there are {', '.join(definitions)}",
        )
    channels = {
        name: Channel(
            destination=definitions[name],
            secret_name=each.secret,
            options=each.options,
            own_purposes=each.purposes,
        )
        for name, each in settings.items()
    }
    without = sorted(name for name, channel in channels.items() if not channel.purposes)
    if without:
        raise NeedsHuman(
            "no_purposes",
            f"say what {', '.join(without)} is used for: `purposes` in its definition or config",
        )
    return channels


def deliver_all(
    messages: Iterable[Message], channels: Mapping[str, Channel], ports: Ports
) -> Report:
    """Deliver each message by its own destination; those for nobody we know are kept."""
    queues: dict[str, list[Message]] = {}
    for message in messages:
        queues.setdefault(message.wake.destination, []).append(message)
    return total(
        deliver(members, channels[name], ports) if name in channels else _nobody(name, members)
        for name, members in queues.items()
    )


def _nobody(name: str, messages: list[Message]) -> Report:
    problem = Problem(
        destination=name, outcome="needs_human", code="unknown_destination", people=len(messages)
    )
    return Report(
        keep=frozenset(message.message_id for message in messages),
        deferred=len(messages),
        problems=(problem,),
    )
