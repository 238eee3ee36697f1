"""Erasure: one person's data destroyed everywhere, durably, and a certificate that says so."""

from millrace.erasure.erase import Erasing
from millrace.erasure.farewell import open_farewell
from millrace.erasure.finding import with_person
from millrace.erasure.mentions import Gone, strangers
from millrace.erasure.model import Erasure, Farewell, Known
from millrace.erasure.reapplying import Reapplied, reapply
from millrace.erasure.request import open_erasure
from millrace.erasure.running import ErasingPorts
from millrace.erasure.tombs import forgetting
from millrace.erasure.verifying import days_of, verify, verify_included, with_inclusion

__all__ = [
    "Erasing",
    "ErasingPorts",
    "Erasure",
    "Farewell",
    "Gone",
    "Known",
    "Reapplied",
    "days_of",
    "forgetting",
    "open_erasure",
    "open_farewell",
    "reapply",
    "strangers",
    "verify",
    "verify_included",
    "with_inclusion",
    "with_person",
]
