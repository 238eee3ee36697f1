"""The one spelling of each kind of identifier, or None for what can identify nobody."""

from __future__ import annotations

import re
import unicodedata

MAX_CHARACTERS = 512
MAX_EMAIL_CHARACTERS = 254
MAX_PHONE_CHARACTERS = 64

_UNUSABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"  # controls: they forge log lines
    "\xad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]"  # unseen: two ids look alike
)
_ADDRESS = re.compile(r"@|\+\d{7}")
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_EMAIL = re.compile(rf"[^\s@<>(),;:\"\\\[\]]{{1,64}}@(?:{_LABEL}\.)+{_LABEL}")


def spell_id(text: str, _region: str) -> str | None:
    """Ids keep their case; what looks the same is the same (NFC)."""
    if len(text) > MAX_CHARACTERS or _UNUSABLE.search(text):
        return None
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def spell_email(text: str, _region: str) -> str | None:
    """Addresses lose their case and their compatibility forms (NFKC)."""
    if len(text) > MAX_EMAIL_CHARACTERS or _UNUSABLE.search(text):
        return None
    spelled = (text if text.isascii() else unicodedata.normalize("NFKC", text)).lower()
    return spelled if _EMAIL.fullmatch(spelled) else None


def spell_phone(text: str, region: str) -> str | None:
    """E.164; a number without its country's code is one of `region`, or nobody's without one."""
    spelled = unicodedata.normalize("NFKC", text)
    digits = sum(letter.isdecimal() for letter in spelled)
    if len(spelled) > MAX_PHONE_CHARACTERS or digits < 5 or not (region or spelled[:1] == "+"):
        return None
    import phonenumbers  # noqa: PLC0415 - 50 ms that most sandboxes never need

    try:
        number = phonenumbers.parse(spelled, region or None)
    except phonenumbers.NumberParseException:
        return None
    if number.extension or not phonenumbers.is_valid_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def tells_an_address(text: str) -> bool:
    """An e-mail address or a number to ring stands in it."""
    return _ADDRESS.search(text) is not None
