"""Every function: how it runs, what it reads, what it may do."""

import json
import re

import msgspec
import pytest

from infra import ROOT
from infra.runtime_values import runtime_values
from millrace import settings
from millrace.adapters.pseudonyms import INDEX
from tests.infra.conftest import as_list, handlers

FUNCTIONS = sorted(handlers())
WITHOUT_RESOURCE = {
    ("activation/wake", "dynamodb:ListStreams"),
    ("lake/changes", "dynamodb:ListStreams"),
}


def settings_class(folder):
    words = re.split(r"[/_]", folder)
    name = "".join(word.title() for word in words) + "Settings"
    return getattr(settings, name)


def variables(assembly, folder):
    """A function's environment; what only AWS knows becomes the text `x`."""
    declared = assembly.functions()[folder]["Properties"]["Environment"]["Variables"]
    return {name: known(value) for name, value in declared.items()}


def known(value):
    match value:
        case {"Fn::Join": [str(separator), list(parts)]}:
            return separator.join(known(part) for part in parts)
        case dict():
            return "x"
        case _:
            return value


@pytest.mark.parametrize("folder", FUNCTIONS)
def test_a_function_runs_on_python_3_14_arm64_with_json_logs_that_expire(assembly, folder):
    function = assembly.functions()[folder]["Properties"]
    assert function["Runtime"] == "python3.14"
    assert function["Architectures"] == ["arm64"]
    assert function["Handler"] == "handler.handler"
    assert function["LoggingConfig"]["LogFormat"] == "JSON"
    assert "TracingConfig" not in function
    group = assembly.resources[function["LoggingConfig"]["LogGroup"]["Ref"]]["Properties"]
    assert group["RetentionInDays"] == 30
    assert "KmsKeyId" in group


@pytest.mark.parametrize("folder", FUNCTIONS)
def test_a_handler_can_read_the_environment_that_the_template_gives_it(assembly, folder):
    environ = variables(assembly, folder)
    read = settings_class(folder).from_env(environ)
    assert {name.upper() for name in read.__struct_fields__} == set(environ)
    assert read.to_env() == environ


def test_what_the_config_decides_is_the_same_for_infra_and_for_the_local_engine(
    assembly, environment
):
    values = runtime_values(environment)
    seen = set()
    for folder in assembly.functions():
        environ = variables(assembly, folder)
        for name in environ.keys() & values.keys():
            assert environ[name] == values[name], (folder, name)
            seen.add(name)
    assert seen == set(values)


def test_an_override_of_addresses_reaches_only_the_destinations_it_names(environment):
    values = runtime_values(environment, {"klaviyo": "http://127.0.0.1:1/_esp/klaviyo"})
    told = msgspec.json.decode(values["DESTINATIONS"])
    assert told["klaviyo"]["options"]["base_url"] == "http://127.0.0.1:1/_esp/klaviyo"
    assert "base_url" not in told["webhook"]["options"]


@pytest.mark.parametrize("folder", FUNCTIONS)
def test_a_function_carries_the_layers_it_imports_and_no_others(assembly, folder):
    names = {
        assembly.resources[layer["Ref"]]["Properties"]["Description"].removeprefix("layers/")
        for layer in assembly.functions()[folder]["Properties"]["Layers"]
    }
    handler = (ROOT / "functions" / folder / "handler.py").read_text()
    expected = {"core", "vendor"}
    expected |= {"destinations"} if "millrace_destinations" in handler else set()
    expected |= {"sources"} if "millrace_sources" in handler else set()
    expected |= {"arrow"} if "adapters.lake" in handler else set()
    assert names == expected


def test_each_role_serves_one_function_and_takes_nothing_from_aws_managed_policies(assembly):
    roles = [f["Properties"]["Role"]["Fn::GetAtt"][0] for f in assembly.functions().values()]
    assert len(set(roles)) == len(roles)
    for role in assembly.of_type("AWS::IAM::Role").values():
        assert "ManagedPolicyArns" not in role["Properties"]
        assert "Policies" not in role["Properties"]


def test_no_role_may_do_anything_but_what_is_written_out(assembly):
    statements = assembly.statements()
    assert {folder for folder, _ in statements} == set(FUNCTIONS)
    for folder, statement in statements:
        for action in as_list(statement["Action"]):
            assert "*" not in action, (folder, action)


def test_only_what_knows_no_resource_is_allowed_on_every_resource(assembly):
    found = {
        (folder, action)
        for folder, statement in assembly.statements()
        if "*" in as_list(statement["Resource"])
        for action in as_list(statement["Action"])
    }
    assert found == WITHOUT_RESOURCE


def test_the_key_is_used_through_a_service_or_for_the_vault_of_this_stage(assembly):
    for folder, statement in assembly.statements():
        if any(action.startswith("kms:") for action in as_list(statement["Action"])):
            condition = statement["Condition"]["StringEquals"]
            assert set(condition) <= {"kms:ViaService", "kms:EncryptionContext:millrace:stage"}
            assert condition.get("kms:EncryptionContext:millrace:stage", "local") == "local", folder


def test_only_the_vaults_rows_of_the_subjects_table_can_be_touched(assembly):
    found = [(f, s) for f, s in assembly.statements() if "Subjects" in json.dumps(s)]
    index = [each for each in found if f"/index/{INDEX}" in json.dumps(each[1]["Resource"])]
    assert [s["Action"] for _, s in index] == ["dynamodb:Query"], "it holds keys of rows, no more"
    scans = [each for each in found if each[1]["Action"] == "dynamodb:Scan"]
    assert [folder for folder, _ in scans] == ["privacy/rotate"], "a scan has no leading key"
    rows = re.compile(r'"dynamodb:LeadingKeys": \["(key|s)#\*"\]')
    others = [each[1] for each in found if each not in [*index, *scans]]
    assert others
    assert all(rows.search(json.dumps(statement)) for statement in others)
