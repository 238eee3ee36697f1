"""`millrace privacy verify`: what it says of a certificate, with and without a root, offline."""

from __future__ import annotations

import json

import pytest

from cli.main import main
from tests.core.erasure.test_verifying import VECTOR

KNOWN = json.loads(VECTOR.read_text())


@pytest.fixture
def verify(tmp_path, capsys):
    def run(certificate, *roots):
        """Exit code and what was said, of the text of a certificate and of roots."""
        files = []
        for number, text in enumerate((certificate, *roots)):
            file = tmp_path / f"{number}.json"
            file.write_text(text if isinstance(text, str) else json.dumps(text))
            files.append(str(file))
        words = [word for file in files[1:] for word in ("--root", file)]
        code = main(["privacy", "verify", files[0], *words])
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def test_under_its_root_a_certificate_is_included(verify):
    code, said = verify(KNOWN["certificate"], *KNOWN["roots"])
    assert code == 0
    assert said.startswith("included: er_00000000000000000000000000000001, 4 identifiers")
    assert f"in the ledger of {KNOWN['roots'][0]['day']}" in said


def test_without_a_root_it_says_that_it_may_be_made_up_and_which_root_would_tell(verify):
    code, said = verify(KNOWN["certificate"])
    assert code == 0
    assert said.startswith("only consistent with itself")
    assert "NOT checked" in said
    assert KNOWN["roots"][0]["day"] in said


def test_under_another_root_or_without_a_proof_it_is_not_included(verify):
    other = {**KNOWN["roots"][0], "root": "0" * 64}
    bare = {name: value for name, value in KNOWN["certificate"].items() if name != "inclusion"}
    for certificate, root in (
        (KNOWN["certificate"], other),
        (bare, KNOWN["roots"][0]),
        ({**bare, "inclusion": 7}, KNOWN["roots"][0]),
    ):
        code, said = verify(certificate, root)
        assert (code, "not_included" in said) == (1, True), said


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ('{"certificate": 1, "certificate": 1}', "no_certificate"),
        ('{"certificate": NaN}', "no_certificate"),
        ("[" * 100_000, "no_certificate"),
        ("[]", "certificate_broken"),
        ('{"certificate": 1, "erasure": 1' + "0" * 40 + "}", "certificate_broken"),
        ('{"certificate": 1, "identifiers": 7, "ledger": []}', "certificate_broken"),
    ],
)
def test_what_is_no_certificate_is_refused_in_a_sentence(verify, changed, code):
    ended, said = verify(changed, *KNOWN["roots"])
    assert ended in {1, 2}
    assert code in said


def test_what_is_no_root_is_refused_in_a_sentence(verify):
    for text in ("{}", "not JSON"):
        ended, said = verify(KNOWN["certificate"], text)
        assert (ended, "no_root" in said) == (2, True), said
