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
    text = text.lstrip(_SPACES).removeprefix("+")
    if text[:2].lower() == "0x" and _digits(text[2:], hexadecimal=True):
        digits = _digits(text[2:], hexadecimal=True)
        suffix = text[2 + len(digits) :]
        if suffix and not strict and suffix.upper() in _SHIFTS:
            raise NotSimulated("a hexadecimal size with a suffix")
        return _in_range(int(digits, 16)) if not suffix else None
    whole = _digits(text)
    fraction, rest = _fraction(text[len(whole) :])
    if not whole and not (strict and fraction):
        return None
    shift = _SHIFTS.get(rest.upper() or "B")
    if shift is None:
        return None
    exact = Fraction(int(whole or "0")) + (Fraction(int(fraction), 10 ** len(fraction)) if fraction else 0)
    if not shift and exact.denominator != 1:
        return None
    return _in_range(int((exact * (1 << shift) + Fraction(1, 2)) // 1))


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


def _in_range(size: int) -> int | None:
    return size if size <= SIZE_MAX else None


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
