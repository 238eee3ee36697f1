"""Every planted mistake, by capability."""

from tests.simulation.mutants import (  # noqa: F401 - each plants its own
    answering,
    folding,
    identity,
    ids,
    privacy,
    reading,
    telling,
    writing,
)
from tests.simulation.mutants.planting import MUTANTS, planted

__all__ = ["MUTANTS", "planted"]
