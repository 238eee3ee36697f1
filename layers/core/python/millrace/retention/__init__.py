"""Retention: what had its time goes: people without events, and what a withdrawal ended."""

from millrace.retention.farewells import Farewells
from millrace.retention.ports import Attic, Retained, RetainPorts, Terms
from millrace.retention.retain import budget_of, retain

__all__ = ["Attic", "Farewells", "RetainPorts", "Retained", "Terms", "budget_of", "retain"]
