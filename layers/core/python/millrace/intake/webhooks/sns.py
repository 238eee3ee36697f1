"""Messages of Amazon SNS: signed under a certificate of Amazon's, from a topic of ours."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from millrace.errors import NeedsHuman
from millrace.intake.webhooks.delivery import Delivery
from millrace.intake.webhooks.model import Subscription
from millrace.intake.webhooks.reasons import refuse
from millrace.intake.webhooks.signed import field
from millrace.intake.webhooks.timestamps import A_DAY_OF_RETRIES, Timestamp

CERTIFICATE_URL = re.compile(
    r"https://sns\.[a-z]{2,3}(?:-[a-z]{2,12}){1,2}-[0-9]\.amazonaws\.com(?:\.cn)?"
    r"/SimpleNotificationService-[0-9a-zA-Z]{1,64}\.pem",
    re.ASCII,
)
"""The whole address: a host that merely ends in amazonaws.com may be anybody's bucket."""

_NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_CONTROL = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_SIGNED = {
    "Notification": _NOTIFICATION,
    "SubscriptionConfirmation": _CONTROL,
    "UnsubscribeConfirmation": _CONTROL,
}
_DIGESTS = {"1": hashes.SHA1, "2": hashes.SHA256}
_TIMESTAMP = Timestamp(value=field("Timestamp"), unit="iso", past_ms=A_DAY_OF_RETRIES)


class Sns(msgspec.Struct, frozen=True):
    """SNS signatures, version 1 or 2, of topics in the source's list and of no others.

    A valid signature proves Amazon only: anybody may subscribe our address to a topic of theirs.
    """

    def check(self, delivery: Delivery) -> None:
        """RejectedEvent when the message is not SNS's, not of our topics, or too old."""
        message = delivery.json
        if not delivery.topics:
            raise NeedsHuman(
                "topics_missing", f"set `topics` of the source {delivery.source}: none is trusted"
            )
        if _text(message, "TopicArn") not in delivery.topics:
            raise refuse("topic_not_allowed")
        if not _is_signed(message, _key(delivery)):
            raise refuse("signature_mismatch")
        _TIMESTAMP.check(delivery)


def subscription(delivery: Delivery) -> Subscription | None:
    """What a control message of SNS is about; None for a notification."""
    kind = delivery.json["Type"]
    if kind == "Notification":
        return None
    topic, token = _text(delivery.json, "TopicArn"), _text(delivery.json, "Token")
    return Subscription(topic=topic, token=token, is_ended=kind == "UnsubscribeConfirmation")


def _key(delivery: Delivery) -> rsa.RSAPublicKey:
    url = _text(delivery.json, "SigningCertURL")
    if not CERTIFICATE_URL.fullmatch(url):
        raise refuse("certificate_refused")
    try:
        key = x509.load_pem_x509_certificate(delivery.certificates.pem(url)).public_key()
    except ValueError as error:
        raise refuse("certificate_refused") from error
    if not isinstance(key, rsa.RSAPublicKey):
        raise refuse("certificate_refused")
    return key


def _is_signed(message: dict[str, Any], key: rsa.RSAPublicKey) -> bool:
    names = _SIGNED.get(_text(message, "Type"))
    digest = _DIGESTS.get(_text(message, "SignatureVersion"))
    if names is None or digest is None:
        return False
    present = [name for name in names if name != "Subject" or message.get(name) is not None]
    text = "".join(f"{name}\n{_text(message, name)}\n" for name in present)
    try:
        given = base64.b64decode(_text(message, "Signature"), validate=True)
        key.verify(given, text.encode("utf-8", "surrogatepass"), padding.PKCS1v15(), digest())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _text(message: dict[str, Any], name: str) -> str:
    value = message.get(name)
    if not isinstance(value, str):
        raise refuse("signature_missing", f"/{name}")
    return value
