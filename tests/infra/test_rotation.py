"""How long a destroyed key could still be missed, and who may use the KMS key before this one."""

import pytest

from infra.environment import load_environment
from infra.rotation import kept_days
from infra.synth import LOCAL_CONFIG
from tests.infra.conftest import as_list, synthesize

FORMER = "arn:aws:kms:eu-west-1:111122223333:key/0000-former"
STAGE = "kms:EncryptionContext:millrace:stage"


def kept(**days):
    environment = load_environment(LOCAL_CONFIG)
    retention = environment.retention.model_copy(update=days)
    return kept_days(environment.model_copy(update={"retention": retention}))


def test_a_key_is_kept_as_long_as_the_longest_way_of_anything_that_it_sealed():
    assert kept() == 2 * 90 + 30, "a failed event, replayed on its last day, and its old version"
    assert kept(failed_events_days=1) == 14 + 30 + 7 + 30 + 7 + 30, (
        "overflow and parked, with stream"
    )
    shortest = {"failed_events_days": 1, "parked_days": 1, "stream_hours": 25}
    assert kept(**shortest) == 35 + 30, "a backup"


@pytest.mark.slow
def test_a_former_kms_key_is_used_by_the_rotation_alone_and_only_to_leave_it(tmp_path):
    environment = load_environment(LOCAL_CONFIG)
    vault = environment.vault.model_copy(update={"former_key": FORMER})
    assembly = synthesize(environment.model_copy(update={"vault": vault}), tmp_path)
    found = [(f, s) for f, s in assembly.statements() if FORMER in as_list(s["Resource"])]
    ((folder, statement),) = found
    assert (folder, as_list(statement["Action"])) == ("privacy/rotate", ["kms:ReEncryptFrom"])
    assert statement["Condition"] == {"StringEquals": {STAGE: "local"}}
