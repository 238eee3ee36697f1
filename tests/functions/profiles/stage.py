"""Tables, key, bucket and secret over moto, and a function's handler loaded as it is."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import msgspec

from millrace.settings import PersonalizationServeSettings, ProfilesUpdateSettings
from tests.tables import create_table

ROOT = Path(__file__).resolve().parents[3]
PRIORITIES = {"web": 50, "crm": 90}
READ_SECRET = "millrace/test/read-key"


class Stage:
    """What the data stack makes; enter it within `mock_aws`."""

    def __init__(self) -> None:
        self.dynamodb = boto3.client("dynamodb")
        self._table("subjects", "pk")
        self._table("profiles", "pk", "sk")
        self.s3 = boto3.client("s3")
        self.s3.create_bucket(Bucket="failed")
        boto3.client("secretsmanager").create_secret(
            Name=READ_SECRET, SecretString=msgspec.json.encode({"secret": "read-1"}).decode()
        )
        vault = {
            "stage": "test",
            "subjects_table": "subjects",
            "key_arn": boto3.client("kms").create_key()["KeyMetadata"]["Arn"],
        }
        self.update = ProfilesUpdateSettings(
            **vault,
            profiles_table="profiles",
            failed_bucket="failed",
            source_priorities=PRIORITIES,
            destination_names=["klaviyo"],
        )
        self.serve = PersonalizationServeSettings(
            **vault,
            profiles_table="profiles",
            read_secret=READ_SECRET,
            source_priorities=PRIORITIES,
            fallback={"first_name": "there"},
            budget_ms=5000,
        )

    def _table(self, name: str, *keys: str) -> None:
        create_table(self.dynamodb, name, *keys)

    def items(self) -> list[dict[str, Any]]:
        return self.dynamodb.scan(TableName="profiles")["Items"]


def load(folder: str, environment: Mapping[str, str], monkeypatch: Any) -> ModuleType:
    """The handler module of functions/`folder`, imported anew under `environment`."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    spec = importlib.util.spec_from_file_location(
        f"handler_{folder.replace('/', '_')}", ROOT / "functions" / folder / "handler.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
