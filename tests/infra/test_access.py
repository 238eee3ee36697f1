"""Who may open what is sealed: key administrators, data functions and unsealers are kept apart."""

import pytest

from tests.infra.conftest import as_list

VAULT_CONTEXT = "kms:EncryptionContext:millrace:stage"
TAG = "millrace:vault"


@pytest.fixture(scope="module")
def policy(assembly):
    """The key's statements by Sid; what AWS does for itself has none."""
    (key,) = assembly.of_type("AWS::KMS::Key").values()
    statements = key["Properties"]["KeyPolicy"]["Statement"]
    return {each.get("Sid", index): each for index, each in enumerate(statements)}


def tags(role):
    return {tag["Key"]: tag["Value"] for tag in role["Properties"].get("Tags", [])}


def role_named(assembly, suffix):
    (found,) = (
        (name, role)
        for name, role in assembly.of_type("AWS::IAM::Role").items()
        if str(role["Properties"].get("RoleName", "")).endswith(suffix)
    )
    return found


def granted(assembly, role_name):
    return [
        statement
        for policy in assembly.of_type("AWS::IAM::Policy").values()
        if policy["Properties"]["Roles"][0]["Ref"] == role_name
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]


def test_nobody_may_do_everything_with_the_key(policy):
    for statement in policy.values():
        assert not {"*", "kms:*"} & set(as_list(statement["Action"]))


def test_an_administrator_of_the_key_can_neither_use_it_nor_hand_its_use_on(policy):
    administers = set(policy["Administer"]["Action"])
    uses = {"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom"}
    assert not administers & (uses | {"kms:CreateGrant"})
    assert {"kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"} <= administers, "or it is lost for good"


def test_every_use_of_the_key_has_a_condition(policy):
    for sid, statement in policy.items():
        if sid != "Administer":
            assert statement["Condition"], sid


def test_a_grant_is_made_through_a_service_only(policy):
    """CDK writes the second statement for Secrets Manager, which keeps our secrets."""
    condition = policy["LetServicesHoldGrants"]["Condition"]
    assert condition["Bool"] == {"kms:GrantIsForAWSResource": "true"}
    for statement in policy.values():
        if "kms:CreateGrant" in as_list(statement["Action"]):
            assert "kms:ViaService" in statement["Condition"]["StringEquals"]


def test_only_tagged_roles_unwrap_the_vaults_keys(policy):
    statement = policy["UnwrapTheVaultsKeys"]
    assert statement["Condition"]["StringEquals"] == {
        f"aws:PrincipalTag/{TAG}": ["function", "officer", "rotator", "unsealer"]
    }
    assert statement["Condition"]["Null"] == {VAULT_CONTEXT: "false"}
    assert set(statement["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey"}


def test_only_the_role_that_rotates_wraps_the_vaults_keys_anew(assembly, policy):
    statement = policy["WrapTheVaultsKeysAnew"]
    assert statement["Condition"] == {
        "StringEquals": {f"aws:PrincipalTag/{TAG}": ["rotator"]},
        "Null": {VAULT_CONTEXT: "false"},
    }
    rotators = {
        name
        for name, role in assembly.of_type("AWS::IAM::Role").items()
        if tags(role).get(TAG) == "rotator"
    }
    assert len(rotators) == 1
    for name in assembly.of_type("AWS::IAM::Role"):
        rewraps = any(
            "kms:ReEncryptFrom" in as_list(s["Action"]) and VAULT_CONTEXT in str(s["Condition"])
            for s in granted(assembly, name)
            if s["Effect"] == "Allow" and "Condition" in s
        )
        assert rewraps == (name in rotators), name


def test_aws_rotates_the_key_once_a_year(assembly):
    (key,) = assembly.of_type("AWS::KMS::Key").values()
    assert key["Properties"]["EnableKeyRotation"] is True


def test_the_tag_is_on_every_role_that_unwraps_and_on_no_other(assembly):
    for name, role in assembly.of_type("AWS::IAM::Role").items():
        unwraps = any(
            VAULT_CONTEXT in str(statement.get("Condition")) and statement["Effect"] == "Allow"
            for statement in granted(assembly, name)
        )
        assert (TAG in tags(role)) == unwraps, name


class TestTheUnsealer:
    def test_it_is_a_role_of_its_own_for_an_hour(self, assembly):
        _, role = role_named(assembly, "-unsealer")
        assert tags(role)[TAG] == "unsealer"
        assert role["Properties"]["MaxSessionDuration"] == 3600

    def test_it_reads_and_unwraps_and_does_nothing_else(self, assembly):
        name, _ = role_named(assembly, "-unsealer")
        actions = {action for s in granted(assembly, name) for action in as_list(s["Action"])}
        assert actions <= {
            "athena:GetQueryExecution",
            "athena:GetQueryResults",
            "athena:StartQueryExecution",
            "cloudformation:DescribeStacks",
            "dynamodb:BatchGetItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "dynamodb:Scan",
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:Encrypt",
            "kms:GenerateDataKey",
            "glue:GetDatabase",
            "glue:GetPartition",
            "glue:GetPartitions",
            "glue:GetTable",
            "s3:AbortMultipartUpload",
            "s3:GetBucketLocation",
            "s3:GetObject",
            "s3:ListBucket",
            "s3:PutObject",
        }

    def test_it_writes_objects_only_where_the_answers_of_athena_go(self, assembly):
        name, _ = role_named(assembly, "-unsealer")
        (written,) = (s for s in granted(assembly, name) if "s3:PutObject" in as_list(s["Action"]))
        assert "/athena-results/*" in str(written["Resource"])

    def test_it_uses_the_key_through_a_service_or_for_the_vault_of_its_stage(self, assembly):
        name, _ = role_named(assembly, "-unsealer")
        conditions = [
            set(statement["Condition"]["StringEquals"])
            for statement in granted(assembly, name)
            if any(action.startswith("kms:") for action in as_list(statement["Action"]))
        ]
        assert {VAULT_CONTEXT} in conditions
        assert all(each in ({VAULT_CONTEXT}, {"kms:ViaService"}) for each in conditions)

    def test_it_may_make_no_key_of_the_vault(self, assembly):
        """Only functions make keys; an unsealer who could would write, too."""
        name, _ = role_named(assembly, "-unsealer")
        for statement in granted(assembly, name):
            if VAULT_CONTEXT in str(statement.get("Condition")):
                assert as_list(statement["Action"]) == ["kms:Decrypt"]


class TestWhoErases:
    def test_it_is_a_role_of_its_own_for_an_hour(self, assembly):
        _, role = role_named(assembly, "-privacy")
        assert tags(role)[TAG] == "officer"
        assert role["Properties"]["MaxSessionDuration"] == 3600

    def test_it_reads_no_place_that_holds_anything_of_people(self, assembly):
        """Of the subjects table one item at a time: where the vault's wrapped keys lie, too."""
        name, _ = role_named(assembly, "-privacy")
        reached = {
            action
            for statement in granted(assembly, name)
            for action in as_list(statement["Action"])
            for place in ("Profiles", "Lake", "Failed", "Parked", "Overflow", "Deliveries")
            if place in str(statement["Resource"])
        }
        assert reached == set()
        of_subjects = [s for s in granted(assembly, name) if "Subjects" in str(s["Resource"])]
        assert [as_list(s["Action"]) for s in of_subjects] == [["dynamodb:GetItem"]]

    def test_it_makes_no_key_of_the_vault_and_changes_nothing_in_the_ledger(self, assembly):
        name, _ = role_named(assembly, "-privacy")
        for statement in granted(assembly, name):
            if VAULT_CONTEXT in str(statement.get("Condition")):
                assert as_list(statement["Action"]) == ["kms:Decrypt"]
            if "PrivacyLedger" in str(statement["Resource"]):
                assert statement["Action"] == ["dynamodb:PutItem", "dynamodb:Query"]


@pytest.fixture(scope="module")
def operators(assembly):
    """The statements of the operators' policy."""
    (found,) = assembly.of_type("AWS::IAM::ManagedPolicy").values()
    assert found["Properties"]["ManagedPolicyName"].endswith("-operators")
    return found["Properties"]["PolicyDocument"]["Statement"]


class TestOperators:
    def test_they_are_denied_the_vaults_keys_whatever_else_they_may(self, operators):
        (deny,) = (statement for statement in operators if statement["Effect"] == "Deny")
        assert {"kms:Decrypt", "kms:GenerateDataKey"} <= set(deny["Action"])
        assert deny["Condition"] == {"Null": {VAULT_CONTEXT: "false"}}

    def test_they_read_no_table_and_use_the_key_through_s3_only(self, operators):
        for statement in operators:
            actions = as_list(statement["Action"])
            assert not [action for action in actions if action.startswith("dynamodb:")]
            if statement["Effect"] == "Allow" and any(a.startswith("kms:") for a in actions):
                assert "s3." in str(statement["Condition"]["StringEquals"]["kms:ViaService"])

    def test_they_run_the_tools(self, operators):
        actions = {a for s in operators if s["Effect"] == "Allow" for a in as_list(s["Action"])}
        assert {
            "lambda:InvokeFunction",
            "s3:ListBucket",
            "cloudformation:DescribeStacks",
        } <= actions
