"""Where the commands look: an AWS account, or the AWS of a local engine."""

from __future__ import annotations

import functools
import getpass
import json
import os
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from millrace.adapters.clock import SystemClock
from millrace.errors import NeedsHuman

STACK = "MillracePipeline"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
SECONDS = 200
"""Longer than functions/intake/replay may take."""


class Connection:
    """Clients of one place, and what the stack there calls its resources."""

    def __init__(
        self, *, local: str = "", profile: str | None = None, region: str | None = None
    ) -> None:
        """`local` is the address of a local engine; else the credentials are boto3's own."""
        self.local = local.rstrip("/")
        self._clients: dict[str, Any] = {}
        self._endpoint = f"{self.local}/_aws" if local else None
        self._session: Any = (
            boto3.session.Session("local", "local", region_name="us-east-1")
            if local
            else _session(profile, region)
        )

    def client(self, service: str) -> Any:
        """One client of each service, made when it is first asked for."""
        if service not in self._clients:
            self._clients[service] = self._make(service)
        return self._clients[service]

    def _make(self, service: str) -> Any:
        config = Config(read_timeout=SECONDS, max_pool_connections=16, retries={"mode": "standard"})
        return self._session.client(service, endpoint_url=self._endpoint, config=config)

    def who(self) -> str:
        """The ARN of whoever asks; of a local engine, the user of this computer."""
        if self.local:
            return f"local/{_user()}"
        return str(self.client("sts").get_caller_identity()["Arn"])

    def name(self, output: str) -> str:
        """The value of one output of the stack; NeedsHuman where there is none."""
        if output not in self._outputs:
            raise NeedsHuman(
                "old_deployment",
                f"the stack {STACK} has no output {output}: deploy this version of Millrace first",
            )
        return self._outputs[output]

    @functools.cached_property
    def _outputs(self) -> dict[str, str]:
        return self._ask("resources") if self.local else self._stack_outputs()

    def now_ms(self) -> int:
        """What time it is there: a local engine's clock can be moved."""
        return int(self._ask("clock")["now_ms"]) if self.local else SystemClock().now_ms()

    def _ask(self, question: str) -> dict[str, Any]:
        if urlsplit(self.local).scheme != "http" or urlsplit(self.local).hostname not in LOOPBACK:
            raise NeedsHuman("not_local", "--local takes an address such as http://127.0.0.1:8787")
        try:
            with urlopen(f"{self.local}/_local/{question}", timeout=30) as answer:  # noqa: S310
                found: dict[str, Any] = json.load(answer)
        except (OSError, ValueError) as error:
            raise NeedsHuman(
                "no_engine",
                f"no engine answers at {self.local}; start one with `python3 run.py local`",
            ) from error
        return found

    def _stack_outputs(self) -> dict[str, str]:
        try:
            (stack,) = self.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
        except (BotoCoreError, ClientError) as error:
            raise NeedsHuman(
                "no_stack",
                f"the stack {STACK} cannot be read ({_reason(error)}); name the account and "
                "the region with --profile and --region, or a local engine with --local",
            ) from error
        return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no name: a container that runs under a number
        return str(os.getuid())


def _session(profile: str | None, region: str | None) -> Any:
    try:
        return boto3.session.Session(profile_name=profile, region_name=region)
    except BotoCoreError as error:
        raise NeedsHuman("bad_profile", str(error)) from error


def _reason(error: Exception) -> str:
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "refused"))
    return type(error).__name__
