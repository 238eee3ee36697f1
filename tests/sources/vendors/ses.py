"""Amazon's certificate over the fields of SNS; no secret, so its two are names of keys."""

import json
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from tests.sources.signing import NOW_MS, Posted, Vendor, b64, iso

TOPIC = "arn:aws:sns:eu-west-1:111122223333:ses-events"
CERTIFICATE_URL = (
    "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem"
)


@cache
def sns_key(name="amazon"):
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def certificate(name="amazon"):
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(sns_key(name).public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=3650))
        .sign(sns_key(name), hashes.SHA256())
    )
    return built.public_bytes(serialization.Encoding.PEM)


def sns_text(message):
    names = ["Message", "MessageId"]
    if message["Type"] == "Notification":
        names += ["Subject"] if message.get("Subject") is not None else []
        names += ["Timestamp", "TopicArn", "Type"]
    else:
        names += ["SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    return "".join(f"{name}\n{message[name]}\n" for name in names).encode()


def sns_signed(message, key="amazon"):
    digest = hashes.SHA1() if message["SignatureVersion"] == "1" else hashes.SHA256()
    signed = sns_key(key).sign(sns_text(message), padding.PKCS1v15(), digest)
    return Posted(json.dumps({**message, "Signature": b64(signed)}).encode())


def sns_message(at_ms=NOW_MS, **fields):
    return {
        "Type": "Notification",
        "MessageId": "8f3a5b0c-1111-5222-9333-444455556666",
        "TopicArn": TOPIC,
        "Message": "{}",
        "Timestamp": iso(at_ms),
        "SignatureVersion": "2",
        "SigningCertURL": CERTIFICATE_URL,
        "UnsubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe",
        **fields,
    }


def ses(content, secret, at_ms):
    return sns_signed(sns_message(at_ms, Message=content.decode()), secret)


vendor = Vendor(sign=ses, secret="amazon", other="somebody")
