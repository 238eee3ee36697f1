"""Erasure: one person's data destroyed everywhere, durably, and a certificate that says so."""

from millrace.erasure.certificate import verify
from millrace.erasure.erase import Erasing, ErasingPorts
from millrace.erasure.model import Erasure, Known
from millrace.erasure.reapplying import Reapplied, reapply
from millrace.erasure.request import open_erasure

__all__ = [
    "Erasing",
    "ErasingPorts",
    "Erasure",
    "Known",
    "Reapplied",
    "open_erasure",
    "reapply",
    "verify",
]
