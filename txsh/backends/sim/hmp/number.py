"""Numbers as the human monitor's qemu-io reads them: sizes with suffixes, pattern bytes. Knows no command.

Source: QEMU util/cutils.c, do_strtosz; qemu-io-cmds.c, cvtnum, parse_pattern.
"""

from __future__ import annotations

from fractions import Fraction

from txsh.backends.base import NotSimulated

SIZE_MAX = (1 << 63) - 1
BYTE_MAX = 255
_SHIFTS = {"B": 0, "K": 10, "M": 20, "G": 30, "T": 40, "P": 50, "E": 60}
_SPACES = " \t\n\v\f\r"


def size_bytes(text: str, *, strict: bool) -> int | None:
    """A size in bytes, None when QEMU refuses the text.

    Args:
        strict: as 8.1 and later: ``.5k`` is a number, a hexadecimal one has no suffix.

    Raises:
        NotSimulated: a hexadecimal number with a suffix, where that is deprecated: QEMU says so in its own words.
    """
    found = size_at_start(text, strict=strict)
    return None if found is None or found[1] else found[0]


def size_at_start(text: str, suffix: str = "B", *, strict: bool) -> tuple[int, str] | None:
    """The size that a text begins with, and what follows it; None when it begins with none.

    Args:
        suffix: what a number without a suffix is meant in.

    Raises:
        NotSimulated: as `size_bytes`.
    """
    text = text.lstrip(_SPACES).removeprefix("+")
    fraction = ""
    whole = _digits(text[2:], hexadecimal=True) if text[:2].lower() == "0x" else ""
    is_hexadecimal = bool(whole)
    if is_hexadecimal:
        rest = text[2 + len(whole) :]
        if rest[:1].upper() in _SHIFTS and not strict:
            raise NotSimulated("a hexadecimal size with a suffix")
        if rest.startswith(".") or rest[:1].upper() in _SHIFTS:
            return None
    else:
        whole = _digits(text)
        fraction, rest = _fraction(text[len(whole) :])
        if not whole and not (strict and fraction):
            return None
    shift = _SHIFTS.get(rest[:1].upper())
    if shift is None:
        shift = _SHIFTS[suffix]
    else:
        rest = rest[1:]
    number = Fraction(int(whole or "0", 16 if is_hexadecimal else 10))
    number += Fraction(int(fraction), 10 ** len(fraction)) if fraction else 0
    if not shift and number.denominator != 1:
        return None
    size = int((number * (1 << shift) + Fraction(1, 2)) // 1)
    return (size, rest) if size <= SIZE_MAX else None


def pattern_byte(text: str) -> int | None:
    """A byte in C's notation (``7``, ``0x2a``, ``017``), None when it is none."""
    digits = text.removeprefix("+")
    is_hexadecimal = digits[:2].lower() == "0x"
    base = 16 if is_hexadecimal else 8 if digits[:1] == "0" else 10
    if digits[:1] in "+-_" or "_" in digits or not digits.isascii():
        return None
    try:
        byte = int(digits[2:] if is_hexadecimal else digits, base)
    except ValueError:
        return None
    return byte if byte <= BYTE_MAX else None


def _fraction(text: str) -> tuple[str, str]:
    """The digits behind a point, and what follows."""
    if not text.startswith("."):
        return "", text
    digits = _digits(text[1:])
    return digits, text[1 + len(digits) :]


def _digits(text: str, *, hexadecimal: bool = False) -> str:
    allowed = "0123456789abcdefABCDEF" if hexadecimal else "0123456789"
    count = 0
    while count < len(text) and text[count] in allowed:
        count += 1
    return text[:count]
