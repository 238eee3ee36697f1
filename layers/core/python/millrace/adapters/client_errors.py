"""What botocore's errors say."""

from __future__ import annotations

from botocore.exceptions import ClientError


def code_of(error: ClientError) -> str:
    """The service's own code, such as `AccessDenied`; empty where the answer had none."""
    return str(error.response.get("Error", {}).get("Code", ""))


def is_unmet(error: ClientError) -> bool:
    """Whether the condition of a write, or of any write of a transaction, was not met."""
    reasons = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])}
    return (
        code_of(error) == "ConditionalCheckFailedException" or "ConditionalCheckFailed" in reasons
    )
