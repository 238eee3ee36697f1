"""The template that is deployed, and the copy of it that the laptop plays."""

import json
import re

import pytest

from infra import ROOT
from infra.synth import STACKS, TEMPLATES, text_of, without_hashes
from tests.infra.conftest import handlers

STATEFUL = {
    "AWS::DynamoDB::Table",
    "AWS::KMS::Key",
    "AWS::Kinesis::Stream",
    "AWS::S3::Bucket",
    "AWS::SecretsManager::Secret",
}


@pytest.mark.parametrize("stack", STACKS)
def test_the_checked_in_copy_is_what_a_synth_would_write(assembly, stack):
    checked_in = (TEMPLATES / f"{stack}.template.json").read_text()
    fresh = text_of(without_hashes(assembly.templates[stack]))
    assert fresh == checked_in, "run `python3 run.py synth --update`"


def test_every_function_folder_is_deployed_and_nothing_else(assembly):
    assert set(assembly.functions()) == handlers()


def test_nothing_needs_a_custom_resource_or_a_weak_reference(assembly):
    kinds = {resource["Type"] for resource in assembly.resources.values()}
    assert not [kind for kind in kinds if kind.startswith("Custom::")]
    assert "AWS::CloudFormation::CustomResource" not in kinds
    assert "Fn::GetStackOutput" not in json.dumps(assembly.templates)


def test_nothing_asks_for_an_account(assembly):
    assert not re.search(r":\d{12}:", json.dumps(assembly.templates))
    manifest = json.loads((assembly.folder / "manifest.json").read_text())
    assert "missing" not in manifest, "something was looked up in an account"
    places = {each.get("environment") for each in manifest["artifacts"].values()} - {None}
    assert places == {"aws://unknown-account/unknown-region"}


def test_the_pinned_cli_can_read_the_assembly(assembly):
    lock = json.loads((ROOT / "package-lock.json").read_text())
    pinned = lock["packages"]["node_modules/aws-cdk"]["version"]
    manifest = json.loads((assembly.folder / "manifest.json").read_text())
    assert numbers(pinned) >= numbers(manifest["minimumCliVersion"])
    assert numbers(pinned) < (3,), "npm's aws-cdk 3.0.0 is a build of 2025, published by accident"
    wanted = json.loads((ROOT / "package.json").read_text())["devDependencies"]["aws-cdk"]
    assert wanted == pinned


def test_only_the_data_stack_holds_data_and_it_is_protected(assembly):
    for name in ("MillracePipeline", "MillraceOperations"):
        kinds = {each["Type"] for each in assembly.templates[name]["Resources"].values()}
        assert not kinds & STATEFUL
    assert assembly.protected["MillraceData"]


def test_what_holds_data_outlives_its_stack(assembly):
    kept = assembly.of_type(*STATEFUL)
    assert {each["Type"] for each in kept.values()} == STATEFUL
    for name, resource in kept.items():
        assert resource["DeletionPolicy"] in {"Retain", "RetainExceptOnCreate"}, name
        assert resource["UpdateReplacePolicy"] == "Retain", name


def test_renaming_what_holds_data_is_noticed(assembly):
    """A new logical id is a new, empty resource: change the file only if that is meant."""
    locked = json.loads((ROOT / "tests" / "infra" / "data_logical_ids.json").read_text())
    resources = assembly.templates["MillraceData"]["Resources"]
    found = {n: each["Type"] for n, each in resources.items() if each["Type"] in STATEFUL}
    assert found == locked


def test_a_source_and_a_destination_can_be_taken_away_again(assembly, environment, other):
    """No stack may import what the stack before it stops exporting: the deploy would fail."""
    fewer = environment.model_copy(
        update={
            "sources": {"website": environment.sources["website"]},
            "destinations": {"klaviyo": environment.destinations["klaviyo"]},
        }
    )
    after = other(fewer)
    for exporter, importers in (
        ("MillraceData", ("MillracePipeline", "MillraceOperations")),
        ("MillracePipeline", ("MillraceOperations",)),
    ):
        still = exports(after.templates[exporter])
        for importer in importers:
            deployed = imports(assembly.templates[importer])
            assert not {name for name in deployed if name.startswith(exporter)} - still


def test_a_deployment_without_destinations_is_possible(environment, other):
    alone = other(environment.model_copy(update={"destinations": {}}))
    assert set(alone.functions()) == handlers()


def exports(template):
    outputs = template.get("Outputs", {}).values()
    return {each["Export"]["Name"] for each in outputs if "Export" in each}


def imports(template):
    return set(re.findall(r'"Fn::ImportValue": "([^"]+)"', json.dumps(template)))


def numbers(version):
    return tuple(int(part) for part in version.split("."))
