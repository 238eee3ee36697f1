"""Time and body, with an EC key; the secret is the public key."""

from functools import cache

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.sources.signing import Posted, Vendor, b64, seconds


@cache
def private_key(name):
    """One EC key per name, so that every signer of a test session agrees."""
    return ec.generate_private_key(ec.SECP256R1())


def public_key(name):
    der = (
        private_key(name)
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return b64(der)


def sendgrid(content, secret, at_ms):
    name = "mine" if secret == public_key("mine") else "other"
    signed = private_key(name).sign(seconds(at_ms).encode() + content, ec.ECDSA(hashes.SHA256()))
    return Posted(
        content,
        {
            "X-Twilio-Email-Event-Webhook-Signature": b64(signed),
            "X-Twilio-Email-Event-Webhook-Timestamp": seconds(at_ms),
        },
    )


vendor = Vendor(
    sign=sendgrid,
    secret=public_key("mine"),
    other=public_key("other"),
    signature="X-Twilio-Email-Event-Webhook-Signature",
    timestamp="X-Twilio-Email-Event-Webhook-Timestamp",
)
