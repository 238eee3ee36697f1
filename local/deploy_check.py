"""`python3 run.py deploy-check`: the real assembly, the real CDK CLI, somebody else's emulator.

Synthesizes the app with layers for this machine's Python (the emulator runs handlers in its own
interpreter), bootstraps and deploys all three stacks, sends one event through the deployed front
door and reads the profile back. Types that the emulator does not know are taken out and listed.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from typing import Any

import boto3

from local.emulator import BUILD, aws_environment, running
from local.statement_check import wrong_outcomes

WORK = BUILD / "deploy-check"
ASSEMBLY = WORK / "cdk.out"
CONFIG = "config/local.toml"
STAGE = "local"
UNKNOWN_TYPES = re.compile(r"Unrecognized resource types: \[([^\]]*)\]")
READ_SECONDS = 90


def main() -> int:
    WORK.mkdir(parents=True, exist_ok=True)
    with running(WORK / "emulator.log") as address:
        environment = aws_environment(address)
        _say("synthesizing the assembly")
        shutil.rmtree(ASSEMBLY, ignore_errors=True)
        _call(["-m", "infra.synth", "--config", CONFIG, "--out", str(ASSEMBLY), "--host-layers"])
        _say(f"alarms over metric math, taken out: {', '.join(_take_out(_is_metric_math))}")
        _say("bootstrapping")
        _cdk(["bootstrap", "aws://000000000000/us-east-1"], environment)
        _say("deploying three stacks")
        unknown = _deploy(environment)
        _say(f"resource types the emulator does not know: {', '.join(unknown) or 'none'}")
        profile = _one_event_through(address)
        if wrong := wrong_outcomes(_client("dynamodb", address)):
            sys.exit(f"conditional statements in a batch: {'; '.join(wrong)}")
        _say("conditional statements in a batch have outcomes of their own")
    print(f"deploy-check passed: profile {profile['profile_id']} has {profile['traits']}")
    return 0


def _is_metric_math(resource: dict[str, Any]) -> bool:
    """Whether it is an alarm over an expression of metrics, which the emulator refuses."""
    is_alarm = resource["Type"] == "AWS::CloudWatch::Alarm"
    return is_alarm and "Metrics" in resource.get("Properties", {})


def _deploy(environment: dict[str, str]) -> list[str]:
    """Deploy everything; the resource types that had to be taken out for the emulator."""
    removed: set[str] = set()
    while True:
        arguments = ["deploy", "--all", "--require-approval", "never", "--concurrency", "1"]
        answer = _cdk(arguments, environment, check=False)
        if answer.returncode == 0:
            return sorted(removed)
        unknown = set(re.findall(r"AWS::\w+::\w+", " ".join(UNKNOWN_TYPES.findall(answer.stdout))))
        if not unknown - removed:
            sys.exit(f"{answer.stdout}\ncdk deploy failed; the emulator's log is {WORK}")
        removed |= unknown
        _take_out(_is_one_of(removed))
        _forget_templates(environment["AWS_ENDPOINT_URL"])


def _is_one_of(types: set[str]) -> Callable[[dict[str, Any]], bool]:
    return lambda resource: resource["Type"] in types


def _take_out(is_beyond: Callable[[dict[str, Any]], bool]) -> list[str]:
    """Remove resources from the assembly's templates; the stack and logical id of each."""
    removed = []
    for path in ASSEMBLY.glob("*.template.json"):
        template = json.loads(path.read_text())
        resources = template.get("Resources", {})
        kept = {name: body for name, body in resources.items() if not is_beyond(body)}
        removed += [f"{path.name.partition('.')[0]}/{name}" for name in resources.keys() - kept]
        path.write_text(json.dumps(template | {"Resources": kept}))
    return sorted(removed)


def _forget_templates(address: str) -> None:
    """Delete uploaded templates: the CLI takes one that is there already for the one it has."""
    s3 = _client("s3", address)
    for bucket in s3.list_buckets()["Buckets"]:
        for found in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", []):
            if found["Key"].endswith(".json"):
                s3.delete_object(Bucket=bucket["Name"], Key=found["Key"])


def _one_event_through(address: str) -> dict[str, Any]:
    """Identify one person over the deployed API, then read her profile until she is there."""
    secrets = _client("secretsmanager", address)
    write_key = _put_key(secrets, f"millrace/{STAGE}/sources/website")
    read_key = _put_key(secrets, f"millrace/{STAGE}/read-key")
    api = _client("apigatewayv2", address).get_apis()["Items"][0]["ApiId"]
    base = f"{address}/_aws/execute-api/{api}/$default"
    event = {"userId": "ada", "traits": {"first_name": "Ada"}, "messageId": "deploy-check-1"}
    answer = _request(f"{base}/v1/identify", {"x-write-key": write_key}, event)
    if answer != {"success": True}:
        sys.exit(f"the deployed intake answered {answer}")
    deadline = time.monotonic() + READ_SECONDS
    while time.monotonic() < deadline:
        profile = _request(
            f"{base}/v1/profiles/user_id:ada", {"authorization": f"Bearer {read_key}"}
        )
        if not profile.get("fallback", True):
            return profile
        time.sleep(1)
    sys.exit(f"the profile was not there after {READ_SECONDS} s: {profile}")


def _request(url: str, headers: dict[str, str], body: object = None) -> dict[str, Any]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers=headers)  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            answered: dict[str, Any] = json.loads(answer.read())
            return answered
    except urllib.error.HTTPError as error:
        sys.exit(f"{url} answered {error.code}: {error.read().decode(errors='replace')[:500]}")


def _put_key(secrets: Any, name: str) -> str:
    """A key of ours in the secret: the emulator's own have punctuation, whatever it is told.

    A colon ends a write key, as Jitsu's senders need it.
    """
    key = uuid.uuid4().hex
    secrets.put_secret_value(SecretId=name, SecretString=json.dumps({"secret": key}))
    return key


def _client(service: str, address: str) -> Any:
    return boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - the emulator takes any
    )


def _cdk(
    arguments: list[str], environment: dict[str, str], *, check: bool = True
) -> subprocess.CompletedProcess[str]:
    command = ["-m", "infra.cdk", *arguments, "--app", str(ASSEMBLY)]
    return _call(command, environment=environment, check=check)


def _call(
    arguments: list[str], *, environment: dict[str, str] | None = None, check: bool = True
) -> subprocess.CompletedProcess[str]:
    answer = subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if check and answer.returncode != 0:
        sys.exit(f"{answer.stdout}\n{' '.join(arguments)} failed")
    return answer


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
