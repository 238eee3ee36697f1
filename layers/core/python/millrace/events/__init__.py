"""Events: what one is, and how a sealed batch of them travels through the stream."""

from millrace.events.envelope import Envelope, open_envelope, seal_envelope
from millrace.events.model import Event, FailedEvent, Identifier

__all__ = ["Envelope", "Event", "FailedEvent", "Identifier", "open_envelope", "seal_envelope"]
