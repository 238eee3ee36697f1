"""How each vendor signs, written from its documentation and apart from the code under test."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from urllib.parse import urlencode

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

NOW_MS = 1_780_000_000_000
URL = "https://in.example.com/v1/webhooks/shop?x=1"
TOPIC = "arn:aws:sns:eu-west-1:111122223333:ses-events"
CERTIFICATE_URL = (
    "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem"
)
WHSEC = "whsec_" + base64.b64encode(b"twenty-four-bytes-secret").decode()
OTHER_WHSEC = "whsec_" + base64.b64encode(b"another-24-bytes-secret!").decode()
TEXT, OTHER_TEXT = "a-secret-that-nobody-guesses", "a-secret-of-somebody-else--"


@dataclass(frozen=True)
class Posted:
    """A request as the vendor would send it."""

    body: bytes
    headers: dict = field(default_factory=dict)
    query: dict = field(default_factory=dict)

    def but(self, *, body=None, headers=None, query=None):
        return replace(
            self,
            body=self.body if body is None else body,
            headers={**self.headers, **(headers or {})},
            query={**self.query, **(query or {})},
        )


def mac(secret, text, digest="sha256"):
    key = secret if isinstance(secret, bytes) else secret.encode()
    return hmac.new(key, text, digest).digest()


def b64(raw):
    return base64.b64encode(raw).decode()


def seconds(at):
    """A time as vendors write it; text passes as it is, so that odd times can be signed too."""
    return at if isinstance(at, str) else str(at // 1000)


def milliseconds(at):
    return at if isinstance(at, str) else str(at)


def iso(at):
    if isinstance(at, str):
        return at
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


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


def mailgun(content, secret, at_ms):
    payload = json.loads(content)
    token = payload.get("signature", {}).get("token") or hashlib.sha256(content).hexdigest()[:50]
    signed = mac(secret, (seconds(at_ms) + token).encode()).hex()
    payload["signature"] = {"token": token, "timestamp": seconds(at_ms), "signature": signed}
    return Posted(json.dumps(payload).encode())


def svix(prefix):
    def sign(content, secret, at_ms):
        text = b".".join([b"msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", seconds(at_ms).encode(), content])
        key = base64.b64decode(secret.removeprefix("whsec_"))
        return Posted(
            content,
            {
                f"{prefix}-id": "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W",
                f"{prefix}-timestamp": seconds(at_ms),
                f"{prefix}-signature": "v1," + b64(mac(key, text)),
            },
        )

    return sign


def body_only(header, digest="sha256", encode=b64):
    def sign(content, secret, _at_ms):
        return Posted(content, {header: encode(mac(secret, content, digest))})

    return sign


def stripe(content, secret, at_ms):
    signed = mac(secret, seconds(at_ms).encode() + b"." + content).hex()
    return Posted(content, {"Stripe-Signature": f"t={seconds(at_ms)},v1={signed}"})


def klaviyo(content, secret, at_ms):
    return Posted(
        content,
        {
            "Klaviyo-Signature": mac(secret, content + seconds(at_ms).encode()).hex(),
            "Klaviyo-Timestamp": seconds(at_ms),
            "Klaviyo-Webhook-Id": "01HWEBHOOK",
        },
    )


def customerio(content, secret, at_ms):
    text = b"v0:" + seconds(at_ms).encode() + b":" + content
    return Posted(
        content,
        {"X-CIO-Timestamp": seconds(at_ms), "X-CIO-Signature": mac(secret, text).hex()},
    )


def hubspot(content, secret, at_ms):
    text = b"POST" + URL.encode() + content + milliseconds(at_ms).encode()
    return Posted(
        content,
        {
            "X-HubSpot-Request-Timestamp": milliseconds(at_ms),
            "X-HubSpot-Signature-v3": b64(mac(secret, text)),
        },
    )


def mandrill_signature(secret, fields):
    text = URL + "".join(key + value for key, value in sorted(fields))
    return b64(mac(secret, text.encode(), "sha1"))


def mandrill(content, secret, _at_ms):
    fields = [("mandrill_events", content.decode())]
    return Posted(
        urlencode(fields).encode(), {"X-Mandrill-Signature": mandrill_signature(secret, fields)}
    )


def zendesk(content, secret, at_ms):
    moment = iso(at_ms)
    return Posted(
        content,
        {
            "X-Zendesk-Webhook-Signature": b64(mac(secret, moment.encode() + content)),
            "X-Zendesk-Webhook-Signature-Timestamp": moment,
        },
    )


def by_basic(content, secret, _at_ms):
    return Posted(content, {"Authorization": "Basic " + b64(f"millrace:{secret}".encode())})


def by_bearer(content, secret, _at_ms):
    return Posted(content, {"Authorization": f"Bearer {secret}"})


def mailchimp(content, secret, _at_ms):
    return Posted(urlencode(json.loads(content)).encode(), query={"secret": secret})


@dataclass(frozen=True)
class Vendor:
    sign: object
    secret: str = TEXT
    other: str = OTHER_TEXT


VENDORS = {
    "braze": Vendor(by_bearer),
    "brevo": Vendor(by_bearer),
    "customerio": Vendor(customerio),
    "freshdesk": Vendor(by_basic),
    "hubspot": Vendor(hubspot),
    "iterable": Vendor(by_basic),
    "klaviyo": Vendor(klaviyo),
    "mailchimp": Vendor(mailchimp),
    "mailgun": Vendor(mailgun),
    "mandrill": Vendor(mandrill),
    "postmark": Vendor(by_basic),
    "resend": Vendor(svix("svix"), WHSEC, OTHER_WHSEC),
    "segment": Vendor(body_only("X-Signature", "sha1", bytes.hex)),
    "sendgrid": Vendor(sendgrid, public_key("mine"), public_key("other")),
    "ses": Vendor(ses, "amazon", "somebody"),
    "shopify": Vendor(body_only("X-Shopify-Hmac-Sha256")),
    "sparkpost": Vendor(by_basic),
    "standard": Vendor(svix("webhook"), WHSEC, OTHER_WHSEC),
    "stripe": Vendor(stripe),
    "woocommerce": Vendor(body_only("X-WC-Webhook-Signature")),
    "zendesk": Vendor(zendesk),
}
