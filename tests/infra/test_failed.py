"""The distributed map that replays failed events in volume, and what it may do."""

import json

import msgspec
import pytest
from statelint.linter import Linter

from millrace.failed.mending import steps_of
from millrace.failed.task import CHUNK, Task, read_invocation
from tests.core.failed.conftest import JOB
from tests.infra.conftest import as_list, flat


@pytest.fixture(scope="module")
def machine(assembly):
    (found,) = assembly.of_type("AWS::StepFunctions::StateMachine").values()
    return found["Properties"]


@pytest.fixture(scope="module")
def every(machine):
    definition = json.loads(definition_of(machine))
    return definition["States"][definition["StartAt"]]


def definition_of(machine):
    """The definition, with names in the place of references."""
    parts = machine["DefinitionString"]["Fn::Join"][1]
    return "".join(part if isinstance(part, str) else "NAME" for part in parts)


def statements(assembly, machine):
    role = machine["RoleArn"]["Fn::GetAtt"][0]
    return [
        statement
        for policy in assembly.of_type("AWS::IAM::Policy").values()
        if policy["Properties"]["Roles"][0]["Ref"] == role
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]


def test_it_lists_the_failed_events_itself_and_hands_on_their_keys(every):
    assert every["ItemReader"]["Resource"] == "arn:aws:states:::s3:listObjectsV2"
    assert every["ItemReader"]["Parameters"] == {"Bucket": "NAME", "Prefix.$": "$.prefix"}
    assert every["ItemSelector"] == {"Key.$": "$$.Map.Item.Value.Key"}
    assert every["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED"


def test_what_it_invokes_the_function_with_is_what_the_function_reads(every):
    """Played by hand, as AWS documents it; tests/local/test_machines.py has it interpreted."""
    task = Task(job=JOB, steps=steps_of(puts=["/a=1"]), rate=100)
    execution = {"prefix": "failed_events/", "task": msgspec.to_builtins(task)}
    name, path = next(iter(every["ItemBatcher"]["BatchInput"].items()))
    batch = {
        "BatchInput": {name.removesuffix(".$"): execution[path.removeprefix("$.")]},
        "Items": [{"Key": f"failed_events/{n}"} for n in range(2)],
    }
    assert every["ItemProcessor"]["States"]["Batch"]["Parameters"]["Payload.$"] == "$"
    assert read_invocation(batch) == (task, ["failed_events/0", "failed_events/1"])


def test_one_batch_runs_at_a_time_so_that_the_rate_is_that_of_the_whole(every, assembly):
    assert every["MaxConcurrency"] == 1
    function = assembly.functions()["intake/replay"]["Properties"]
    assert every["ItemBatcher"]["MaxItemsPerBatch"] == CHUNK
    assert function["Timeout"] > CHUNK / 1, "at one event a second a batch ends in time"


def test_a_batch_is_tried_again_and_one_that_fails_does_not_end_the_rest(every):
    (retry,) = every["ItemProcessor"]["States"]["Batch"]["Retry"]
    assert retry["ErrorEquals"] == ["States.ALL"]
    assert retry["MaxAttempts"] >= 3
    assert every["ToleratedFailurePercentage"] == 100


def test_results_cannot_grow_beyond_what_a_state_may_hold(every):
    assert every["ItemProcessor"]["States"]["Batch"]["ResultSelector"] == {}
    assert every["ResultSelector"] == {"batches.$": "States.ArrayLength($)"}


def test_its_role_may_list_invoke_and_run_itself_and_nothing_else(assembly, machine):
    found = {
        action: flat(statement["Resource"])
        for statement in statements(assembly, machine)
        for action in as_list(statement["Action"])
    }
    assert set(found) == {
        "lambda:InvokeFunction",
        "s3:ListBucket",
        "states:DescribeExecution",
        "states:StartExecution",
        "states:StopExecution",
    }
    assert '"*"' not in found.values()
    assert "IntakeReplay" in found["lambda:InvokeFunction"]
    assert "*" not in found["states:StartExecution"]


def test_the_function_reads_and_deletes_failed_events_and_writes_replayed_ones(assembly):
    found = {
        action: flat(statement["Resource"])
        for folder, statement in assembly.statements()
        if folder == "intake/replay"
        for action in as_list(statement["Action"])
        if action.startswith("s3:")
    }
    assert set(found) == {"s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject"}
    assert "/failed_events/*" in found["s3:DeleteObject"]
    assert "/failed_events/*" in found["s3:GetObject"]
    assert "/failed_events_replayed/*" in found["s3:PutObject"]
    assert "/failed_event_replays/*" in found["s3:PutObject"]


def test_replayed_events_are_no_rows_of_the_failed_events_table(assembly):
    tables = assembly.of_type("AWS::Glue::Table").values()
    places = [
        flat(t["Properties"]["TableInput"]["StorageDescriptor"].get("Location", "")) for t in tables
    ]
    (failed,) = [place for place in places if "failed_events" in place]
    assert "failed_events/" in failed


def test_the_stack_tells_the_command_line_what_its_resources_are_called(assembly):
    outputs = assembly.templates["MillracePipeline"]["Outputs"]
    wanted = {"Stage", "FailedBucket", "ReplayFunction", "ReplayMachine", "SubjectsTable", "KeyArn"}
    assert wanted <= set(outputs)
    assert not [name for name in wanted if "Export" in outputs[name]]


def problems(machine, **changes):
    """What AWS Labs' statelint, in its Python port, has against the definition."""
    definition = json.loads(definition_of(machine))
    definition["States"]["Every"].update(changes)
    found = Linter.validate(definition)
    return [problem for problem in found if not problem.endswith(LINTER_IS_WRONG)]


LINTER_IS_WRONG = (
    'Field "Label" not allowed in State Machine.States.Every',  # AWS's own, not in the spec
    "BackoffRate is 2 but should be a Float",  # in JSON, 2 and 2.0 are one number
)


def test_a_linter_that_is_not_ours_finds_nothing_wrong_with_the_definition(machine):
    assert problems(machine) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"ItemBatchers": {}},
        {"ItemBatcher": {"MaxItemsPerBatch": 0}},
        {"ItemSelector": {"Key.$": "$$.Map.["}},
        {"ToleratedFailurePercentage": 101},
        {"End": None},
    ],
)
def test_that_linter_finds_what_is_wrong(machine, changes):
    assert problems(machine, **changes) != []
