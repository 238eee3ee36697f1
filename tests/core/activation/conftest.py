"""Every test here starts from an empty bench."""

from __future__ import annotations

import pytest

from tests.fakes.bench import Bench


@pytest.fixture
def bench() -> Bench:
    return Bench()
