"""Attacks on signatures that stand inside the JSON: Amazon SNS and Mailgun."""

import json

from tests.sources.signing import NOW_MS, Posted, mac
from tests.sources.vendors import VENDORS
from tests.sources.vendors.ses import CERTIFICATE_URL, TOPIC, sns_message, sns_signed

DAY = 86_400_000
HOST = "sns.eu-west-1.amazonaws.com"
FILE = "SimpleNotificationService-0123456789abcdef.pem"
BAD_URLS = (
    f"http://{HOST}/{FILE}",
    f"https://{HOST}.evil.example/{FILE}",
    f"https://evil.example/{HOST}/{FILE}",
    f"https://evil-{HOST}/{FILE}",
    f"https://evil.{HOST}/{FILE}",
    f"https://{HOST}@evil.example/{FILE}",
    f"https://evil.example#{HOST}/{FILE}",
    f"https://evil.example?{HOST}/{FILE}",
    f"https://{HOST}:8443/{FILE}",
    f"https://{HOST}/../{FILE}",
    f"https://{HOST}/bucket/{FILE}",
    f"https://{HOST}/{FILE}?x=1",
    f"https://{HOST}/{FILE}#x",
    f"https://{HOST}/{FILE}\n",
    f"https://{HOST}\t/{FILE}",
    f"https://evil.example\\@{HOST}/{FILE}",
    f"https://{HOST}/{FILE}.exe",
    f"https://{HOST}/SimpleNotificationService-%2e.pem",
    f"https://{HOST.upper()}/{FILE}",
    f"https://sns.eu-west-1.amazonaws.com.cn.evil.example/{FILE}",
    f"https://s3.amazonaws.com/sns.eu-west-1/{FILE}",
    f"https://sns.s3.amazonaws.com/{FILE}",
    f"https://bucket.s3.eu-west-1.amazonaws.com/{FILE}",
    f"https://sns.eu-west-1.amazonaws\u3002com/{FILE}",
    f"https://sns.eu-west-1xamazonaws.com/{FILE}",
    f"//{HOST}/{FILE}",
    "",
)


def all_of_them(content):
    message = sns_message(Message=content.decode())
    right = json.loads(sns_signed(message).body)
    found = {f"certificate at {url!r}": sns_signed({**message, "SigningCertURL": url})
             for url in BAD_URLS}  # fmt: skip
    found |= {f"without {name}": without(right, name) for name in right if name in NEEDED}
    found |= {
        f"{name} is no text": Posted(json.dumps({**right, name: [right[name]]}).encode())
        for name in NEEDED
    }
    found |= dict(changed(right, message))
    found |= dict(signed_otherwise(message, content))
    return found


NEEDED = ("Type", "MessageId", "TopicArn", "Message", "Timestamp", "SignatureVersion", "Signature",
          "SigningCertURL")  # fmt: skip


def without(message, name):
    return Posted(
        json.dumps({key: value for key, value in message.items() if key != name}).encode()
    )


def changed(right, message):
    for name, value in {
        "Message": right["Message"] + " ",
        "MessageId": "another",
        "Timestamp": "2026-05-28T20:26:41Z",
        "TopicArn": TOPIC + "2",
        "Type": "SubscriptionConfirmation",
        "Subject": "added",
        "SignatureVersion": "1",
        "Signature": "",
    }.items():
        yield f"{name} changed", Posted(json.dumps({**right, name: value}).encode())
    for version in ("0", "3", "", "v2", "2 ", 2):
        other = {**message, "SignatureVersion": version}
        yield f"version {version!r}", sns_signed(other)


def signed_otherwise(message, content):
    foreign = TOPIC.replace("111122223333", "999988887777")
    control = {
        **message,
        "Type": "SubscriptionConfirmation",
        "Token": "t",
        "SubscribeURL": "https://evil.example/",
    }
    yield "a key of somebody else", sns_signed(message, "somebody")
    yield "a topic of somebody else", sns_signed({**message, "TopicArn": foreign})
    yield "their confirmation", sns_signed({**control, "TopicArn": foreign})
    yield "our confirmation, unsigned", Posted(json.dumps({**control, "Signature": "x"}).encode())
    yield "our confirmation, their key", sns_signed(control, "somebody")
    for label, at in {"two days ago": NOW_MS - 2 * DAY, "tomorrow": NOW_MS + DAY}.items():
        yield f"signed {label}", sns_signed(sns_message(at, Message=content.decode()))
    for time in ("", "now", "1780000000", "2026-05-28T20:26:40", " 2026-05-28T20:26:40Z"):
        yield f"signed at {time!r}", sns_signed({**message, "Timestamp": time})
    yield "the event without its envelope", Posted(content)
    yield "no JSON", Posted(b"x")
    yield "a list", Posted(b"[]")
    yield "nothing", Posted(b"")
    yield (
        "a type that a header claims",
        Posted(content, {"x-amz-sns-message-type": "Notification", "x-amz-sns-topic-arn": TOPIC}),
    )


def on_mailgun(content):
    """Mailgun's token is signed, its body is not."""
    secret, sign = VENDORS["mailgun"].secret, VENDORS["mailgun"].sign
    right = json.loads(sign(content, secret, NOW_MS).body)
    given = right["signature"]
    signature, token, time = given["signature"], given["token"], given["timestamp"]

    def with_(**fields):
        return Posted(json.dumps({**right, "signature": {**given, **fields}}).encode())

    found = {
        f"signature {label}": with_(signature=value)
        for label, value in {
            "empty": "", "short": signature[:-1], "long": signature + "0",
            "upper": signature.upper(),
            "backwards": signature[::-1], "twice": signature * 2, "zeros": "0" * 64, "null": None,
            "a list": [signature], "a number": 1, "beyond ASCII": "\u00e9" * 64,
            "with NUL": signature + "\0", "the secret": secret,
            "the token's only": mac(secret, token.encode()).hex(),
            "in the other order": mac(secret, (token + time).encode()).hex(),
            "by SHA-1": mac(secret, (time + token).encode(), "sha1").hex(),
            "by SHA-512": mac(secret, (time + token).encode(), "sha512").hex(),
        }.items()
    }  # fmt: skip
    found |= {
        "another token": with_(token="x" * 50),
        "no token": with_(token=""),
        "token is a list": with_(token=[token]),
        "another time": with_(timestamp=str(int(time) + 1)),
        "time is a number": with_(timestamp=int(time)),
        "a digit moved from time to token": with_(timestamp=time[:-1], token=time[-1] + token),
        "a digit moved from token to time": with_(timestamp=time + token[0], token=token[1:]),
        "without signature": without(right, "signature"),
        "signature is text": Posted(json.dumps({**right, "signature": signature}).encode()),
        "another secret": sign(content, VENDORS["mailgun"].other, NOW_MS),
        "an empty secret": sign(content, "", NOW_MS),
        "the old form": Posted(f"timestamp={time}&token={token}&signature={signature}".encode()),
        "no JSON": Posted(b"x"),
    }
    for label, at in {"two days ago": NOW_MS - 2 * DAY, "tomorrow": NOW_MS + DAY}.items():
        found[f"signed {label}"] = sign(content, secret, at)
    for text in ("+1780000000", "1780000000.0", " 1780000000", "", "now", "-1"):
        found[f"signed at {text!r}"] = sign(content, secret, text)
    return found


__all__ = ["CERTIFICATE_URL", "all_of_them", "on_mailgun"]
