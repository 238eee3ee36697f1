"""The lake's Parquet files on disk, so that DuckDB and `run.py sql` can read them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.cloud import Cloud

MARKER = ".millrace-lake"


class Mirror:
    """Copies each object of one bucket to a folder, soon after it was written."""

    def __init__(self, cloud: Cloud, folder: Path) -> None:
        self.bucket = ""
        """Set when the template's lake bucket is known."""
        self._cloud = cloud
        self._folder = folder
        self._waiting: list[str] = []

    def empty(self) -> None:
        """Remove what an earlier run left; a folder that is not ours is refused."""
        if self._folder.exists() and any(self._folder.iterdir()):
            if not (self._folder / MARKER).exists():
                raise ValueError(f"{self._folder} holds files that are not a local lake's")
            shutil.rmtree(self._folder)
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / MARKER).touch()

    def observe(self, service: str, operation: str, params: Mapping[str, Any]) -> None:
        if service == "s3" and operation == "PutObject" and params["Bucket"] == self.bucket:
            self._waiting.append(params["Key"])

    def catch_up(self) -> None:
        """Copy what was written since; call it with no handler running."""
        waiting, self._waiting = self._waiting, []
        for key in waiting:
            stored = self._cloud.backend("s3").buckets[self.bucket].keys.get(key)
            if stored is not None:
                file = self._folder / key
                file.parent.mkdir(parents=True, exist_ok=True)
                unfinished = file.with_name(f".{file.name}.part")
                unfinished.write_bytes(stored.value)
                unfinished.replace(file)
