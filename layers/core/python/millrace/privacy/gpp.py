"""The Global Privacy Platform's string, as far as it says that somebody opted out in the US.

https://github.com/InteractiveAdvertisingBureau/Global-Privacy-Platform: a header names the
sections, `~` parts them; the fields of a US section are two bits each, of which 1 is "opted out".
"""

from __future__ import annotations

from collections.abc import Iterator

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_FIELDS = {7: (18, 20, 22), 8: (12, 14), 9: (12, 14), 10: (12, 14), 11: (14, 16), 12: (12, 14)}
"""Section (usnat, usca, usva, usco, usut, usct) to where sale, sharing and targeting stand."""
_US_PRIVACY = 6
_GPC_SEGMENT = "01"
MAX_CHARACTERS = 4096
MAX_SECTIONS = 64


def is_opted_out(text: str) -> bool:
    """Whether any US section says so, or its GPC segment; False for what is no GPP string."""
    if len(text) > MAX_CHARACTERS:
        return False
    header, *sections = text.split("~")
    try:
        ids = list(_ids(_bits(header)))
        return any(_says_no(*each) for each in zip(ids, sections, strict=True))
    except ValueError:
        return False


def _says_no(section: int, text: str) -> bool:
    if section == _US_PRIVACY:
        return len(text) == 4 and text[2] in "Yy"
    if section not in _FIELDS:
        return False
    core, *others = (_bits(segment) for segment in text.split("."))
    has_gpc = any(bits[:3] == f"{_GPC_SEGMENT}1" for bits in others)
    return has_gpc or any(core[at : at + 2] == "01" for at in _FIELDS[section])


def _ids(bits: str) -> Iterator[int]:
    """The sections that the header names: ranges of numbers in Fibonacci coding."""
    if bits[:12] != "000011000001":
        raise ValueError("not a GPP header of version 1")
    count, at, last = int(bits[12:24] or "0", 2), 24, 0
    if count > MAX_SECTIONS:
        raise ValueError("more sections than there are")
    for _ in range(count):
        is_range = bits[at : at + 1] == "1"
        step, at = _fibonacci(bits, at + 1)
        first = last = last + step
        if is_range:
            step, at = _fibonacci(bits, at)
            last = first + step
        if last - first > MAX_SECTIONS:
            raise ValueError("more sections than there are")
        yield from range(first, last + 1)


def _fibonacci(bits: str, at: int) -> tuple[int, int]:
    """The number that starts at a bit, and where the next one does."""
    end = bits.index("11", at)
    value, one, two = 0, 1, 2
    for bit in bits[at : end + 1]:
        value += one * int(bit)
        one, two = two, one + two
    return value, end + 2


def _bits(text: str) -> str:
    return "".join(f"{_ALPHABET.index(character):06b}" for character in text)
