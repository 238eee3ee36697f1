"""Access: what is held about a person, in clear, for who may see it: one payload, or everything."""

from millrace.access.opening import (
    Opened,
    OpenPorts,
    Warrant,
    check_purpose,
    entry_of,
    open_parts,
)
from millrace.access.sealed_parts import SealedPart, sealed_parts
from millrace.access.tombstones import tombstones_of

__all__ = [
    "OpenPorts",
    "Opened",
    "SealedPart",
    "Warrant",
    "check_purpose",
    "entry_of",
    "open_parts",
    "sealed_parts",
    "tombstones_of",
]
