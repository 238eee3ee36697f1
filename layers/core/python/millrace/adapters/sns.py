"""Subscriptions to SNS topics, confirmed through the API."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from millrace.adapters.aws import client
from millrace.adapters.client_errors import code_of
from millrace.errors import NeedsHuman, RetryLater

FINAL = frozenset(
    {"AuthorizationError", "InvalidParameter", "NotFound", "AccessDenied", "InvalidClientTokenId"}
)


@functools.cache
def client_in(region: str) -> Any:
    """A client for the region of a topic, which need not be ours."""
    return client("sns", region=region)


class SnsSubscriptions:
    """`Subscriptions`: ConfirmSubscription in the topic's own region.

    The SubscribeURL of the message is never fetched: a forged one would make us ask anything of
    anybody. With AuthenticateOnUnsubscribe nobody else can end the subscription.
    """

    def __init__(self, client_for: Callable[[str], Any] = client_in) -> None:
        self._client_for = client_for

    def confirm(self, topic: str, token: str) -> None:
        region = topic.split(":")[3] if topic.count(":") == 5 else ""
        try:
            self._client_for(region).confirm_subscription(
                TopicArn=topic, Token=token, AuthenticateOnUnsubscribe="true"
            )
        except ClientError as error:
            code = code_of(error)
            if code in FINAL:
                raise NeedsHuman(
                    "confirmation_refused", f"SNS refuses to confirm {topic}: {code}"
                ) from error
            raise RetryLater(
                "confirmation_unavailable", f"SNS did not confirm {topic}: {code}"
            ) from error
        except BotoCoreError as error:
            raise RetryLater("confirmation_unavailable", "SNS cannot be reached") from error
