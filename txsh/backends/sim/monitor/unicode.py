"""Modified UTF-8, QEMU's encoding on the wire: U+0000 is written C0 80, and surrogates and noncharacters are no text.

Source: QEMU util/unicode.c, mod_utf8_codepoint.
"""

from __future__ import annotations

REPLACEMENT = "\ufffd"

_ASCII = 0x80
_IMPOSSIBLE = 0xFE
_CONTINUES = 0x80
_CONTINUES_MASK = 0xC0
_LARGEST = 0x10FFFF
_SMALLEST = (0x80, 0x800, 0x10000, 0x200000, 0x4000000)
"""The first code point that needs so many bytes, from two on."""


def is_character(code: int) -> bool:
    """Whether a code point is one that QEMU lets through."""
    if not 0 <= code <= _LARGEST or 0xD800 <= code <= 0xDFFF:  # noqa: PLR2004  # Unicode's own
        return False
    return not 0xFDD0 <= code <= 0xFDEF and code & 0xFFFE != 0xFFFE  # noqa: PLR2004  # the noncharacters


def code_point(text: bytes, start: int) -> tuple[int, int]:
    """The code point at a place, and where the next begins; -1 where there is no valid one."""
    first = text[start]
    if first < _ASCII:
        return first, start + 1
    if first >= _IMPOSSIBLE or not first & 0x40:
        return -1, start + 1
    length = 8 - (first ^ 0xFF).bit_length()
    code = first & ((1 << (7 - length)) - 1)
    for place in range(start + 1, start + length):
        if place >= len(text) or text[place] & _CONTINUES_MASK != _CONTINUES:
            return -1, place
        code = code << 6 | text[place] & 0x3F
    is_overlong = code < _SMALLEST[length - 2] and (code, length) != (0, 2)
    return (-1 if is_overlong or not is_character(code) else code), start + length


def decode(text: bytes) -> str:
    """Text for a reply: every malformed sequence becomes one replacement character."""
    if text.isascii():
        return text.decode("ascii")
    read = []
    place = 0
    while place < len(text):
        code, place = code_point(text, place)
        read.append(REPLACEMENT if code < 0 else chr(code))
    return "".join(read)
