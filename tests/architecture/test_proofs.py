"""docs/reference/privacy-proofs.md names tests that exist."""

import re

import pytest

from infra import ROOT

PAGE = (ROOT / "docs" / "reference" / "privacy-proofs.md").read_text()
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_every_proof_is_a_test(file, test):
    assert f"def {test}(" in (ROOT / file).read_text()


def test_every_row_names_its_test():
    rows = [line for line in PAGE.splitlines() if line.startswith("| ")][1:]
    assert len(rows) >= 14
    assert all("::" in row for row in rows)
