"""What botocore's errors say."""

from __future__ import annotations

from botocore.exceptions import ClientError


def code_of(error: ClientError) -> str:
    """The service's own code, such as `AccessDenied`; empty where the answer had none."""
    return str(error.response.get("Error", {}).get("Code", ""))
