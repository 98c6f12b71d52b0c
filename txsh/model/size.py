"""Sizes and ranges as people write them, read and written; exact in whole bytes.

Knows nothing of spans or messages' form: a text that is no size comes back as the reason and the letters it is about.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple
else:
    from txsh.named import NamedTuple

BYTES_MAX = 2**63 - 1
"""The largest size and the largest end of a range: QEMU's offsets are signed 64-bit numbers."""

_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40, "P": 1 << 50, "E": 1 << 60}
_UNIT_NAMES = "K, M, G, T, P or E"
_DIGITS = frozenset("0123456789")
_HEX_DIGITS = frozenset("0123456789abcdefABCDEF")

_DIGITS_MAX = 100
"""More digits than any size needs; Python itself refuses to read thousands."""
_TOO_LARGE = "it is too large, the most is 2^63 - 1 bytes"


class Unreadable(NamedTuple):
    """Why a text is not what was expected, and which of its letters say so.

    Args:
        reason: such as "unknown unit 'X', use K, M, G, T, P or E".
        start: index of the first offending letter.
        end: index after the last one.
        meant: what was most likely meant, or None.
    """

    reason: str
    start: int
    end: int
    meant: str | None = None


def parse_size(text: str) -> int | Unreadable:
    """Bytes of ``512``, ``64K``, ``1.5GiB`` or ``0x1000``; units are powers of 1024."""
    if text[:2] in ("0x", "0X"):
        return _parse_hexadecimal(text)
    end = digits_end(text, 0)
    if end == 0:
        return Unreadable("it must begin with a digit", 0, len(text))
    whole, fraction, place = text[:end], "", end
    if text[end : end + 1] == ".":
        place = digits_end(text, end + 1)
        fraction = text[end + 1 : place]
        if not fraction:
            return Unreadable("digits are missing after the point", end, end + 1)
    factor = _unit(text[place:])
    if factor is None:
        return _unknown_unit(text, place)
    if len(whole) + len(fraction) > _DIGITS_MAX:
        return Unreadable(_TOO_LARGE if len(whole) > len(fraction) else "it has too many digits", 0, len(text))
    count, remainder = divmod(int(whole + fraction) * factor, 10 ** len(fraction))
    if remainder:
        return Unreadable("it is not a whole number of bytes", 0, len(text))
    return _bounded(count, text)


def format_size(size_bytes: int) -> str:
    """The shortest exact writing with a whole number and a unit, such as ``64K``; `parse_size` reads it back."""
    for unit in reversed(_UNITS):
        if size_bytes and size_bytes % _UNITS[unit] == 0:
            return f"{size_bytes // _UNITS[unit]}{unit}"
    return str(size_bytes)


def format_range(offset: int, length: int) -> str:
    """A range as a script writes it: ``1M+64K``."""
    return f"{format_size(offset)}+{format_size(length)}"


def digits_end(text: str, start: int) -> int:
    """Index of the first letter at or after `start` that is no decimal digit."""
    while start < len(text) and text[start] in _DIGITS:
        start += 1
    return start


def _unit(word: str) -> int | None:
    """The factor of ``""``, ``K`` or ``KiB``; None for anything else."""
    if not word:
        return 1
    return _UNITS.get(word[0]) if word[1:] in ("", "iB") else None


def _unknown_unit(text: str, place: int) -> Unreadable:
    word = text[place:]
    letter = word[0].upper()
    meant = text[:place] + letter if letter in _UNITS and word[1:].lower() in ("", "b", "ib") else None
    return Unreadable(f"unknown unit '{word}', use {_UNIT_NAMES}", place, len(text), meant)


def _parse_hexadecimal(text: str) -> int | Unreadable:
    for index, letter in enumerate(text[2:], start=2):
        if letter not in _HEX_DIGITS:
            return Unreadable(f"'{letter}' is no hexadecimal digit", index, index + 1)
    if len(text) == len("0x"):
        return Unreadable("digits are missing after 0x", 0, len(text))
    return _bounded(int(text, 16), text)


def _bounded(count: int, text: str) -> int | Unreadable:
    if count > BYTES_MAX:
        return Unreadable(_TOO_LARGE, 0, len(text))
    return count
