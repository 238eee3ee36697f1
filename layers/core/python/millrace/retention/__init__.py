"""Retention: who sent nothing for so long that nothing is kept of them."""

from millrace.retention.retain import Attic, Retained, RetainPorts, budget_of, retain

__all__ = ["Attic", "RetainPorts", "Retained", "budget_of", "retain"]
