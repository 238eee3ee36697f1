"""The secrets of a local run: from the config file where it names them, else made up."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Callable

from infra.environment import Environment
from infra.runtime_values import (
    consent_secret,
    destination_secret,
    local_secrets,
    privacy_secret,
    read_secret,
    source_secret,
    sources,
)
from infra.source import Source
from local.cloud import Cloud
from local.needs import Names
from millrace.adapters.clock import SystemClock

MakeBytes = Callable[[str], bytes]


def give_keys(
    cloud: Cloud, environment: Environment, names: Names, vault: dict[str, str], seed: int | None
) -> tuple[dict[str, str], str]:
    """Fill the secrets and, with a seed, the vault; the write keys by source and the read key."""
    values = secret_values(environment, key_maker(seed))
    store_secrets(cloud, values, names)
    if seed is not None:
        store_vault_keys(cloud, **vault, seed=seed)
    stage = environment.stage
    write_keys = {name: values[each.secret] for name, each in sources(environment).items()}
    return write_keys, values[read_secret(stage)]


def with_a_tracking_source(environment: Environment) -> Environment:
    """`environment`, with a source `website` where it names webhooks only: SDKs can send."""
    if sources(environment):
        return environment
    found = {**environment.sources, "website": Source()}
    return environment.model_copy(update={"sources": found})


def key_maker(seed: int | None) -> MakeBytes:
    """32 bytes for a secret's name: the same for a seed, unpredictable without one."""
    if seed is None:
        return lambda _: secrets.token_bytes(32)
    return lambda name: hashlib.blake2b(f"{seed}|{name}".encode(), digest_size=32).digest()


def secret_values(environment: Environment, make: MakeBytes) -> dict[str, str]:
    """Secret name -> value, for every source, every destination and the readers."""
    stage = environment.stage
    found = {
        source_secret(stage, name): "wk_" + _letters(make(f"source {name}"))
        for name in environment.sources
    }
    found |= {
        destination_secret(stage, name): "whsec_"
        + base64.b64encode(make(f"destination {name}")).decode()
        for name in environment.destinations
    }
    found[read_secret(stage)] = "rk_" + _letters(make("readers"))
    found[consent_secret(stage)] = "ck_" + _letters(make("consents"))
    found[privacy_secret(stage)] = "ek_" + _letters(make("privacy"))
    return found | local_secrets(environment)


def store_secrets(cloud: Cloud, values: dict[str, str], names: Names) -> None:
    """Fill the template's secrets; make those that only the config names."""
    client = cloud.client("secretsmanager")
    for name, value in values.items():
        text = json.dumps({"secret": value})
        if name in names.secrets:
            client.put_secret_value(SecretId=name, SecretString=text)
        else:
            names.secrets[name] = client.create_secret(Name=name, SecretString=text)["ARN"]


def store_vault_keys(cloud: Cloud, *, stage: str, table: str, key_arn: str, seed: int) -> None:
    """Make the vault's keys before it does, so that tokens repeat byte for byte."""
    make = key_maker(seed)
    for purpose in ("branch#1", "lookup"):
        wrapped = cloud.client("kms").encrypt(
            KeyId=key_arn,
            Plaintext=make(f"vault {purpose}"),
            EncryptionContext={"millrace:stage": stage, "millrace:purpose": purpose},
        )["CiphertextBlob"]
        made_at = {"N": str(SystemClock().now_ms())}
        item = {"pk": {"S": f"key#{purpose}"}, "wrapped": {"B": wrapped}, "made_at": made_at}
        cloud.client("dynamodb").put_item(TableName=table, Item=item)


def _letters(value: bytes) -> str:
    return base64.b32encode(value)[:26].decode().lower()
