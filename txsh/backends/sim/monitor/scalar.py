"""Tokens that are values by themselves: strings, numbers, the three words.

Source: QEMU qobject/json-parser.c, parse_string, parse_literal, parse_keyword.
"""

from __future__ import annotations

from txsh.backends.sim.monitor.lexer import FLOAT, INTEGER, STRING
from txsh.backends.sim.monitor.unicode import code_point, is_character

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from txsh.backends.sim.monitor.lexer import Token

INTEGERS = range(-(1 << 63), 1 << 64)
"""Whole numbers that stay whole; others become floating point."""

_WORDS = {b"true": True, b"false": False, b"null": None}
_ESCAPES = {b'"'[0]: '"', b"'"[0]: "'", b"\\"[0]: "\\", b"/"[0]: "/"}
_ESCAPES |= {b"b"[0]: "\b", b"f"[0]: "\f", b"n"[0]: "\n", b"r"[0]: "\r", b"t"[0]: "\t"}
_BACKSLASH = b"\\"[0]
_U = b"u"[0]
_HEX = frozenset(b"0123456789abcdefABCDEF")


class Wrong(Exception):
    """The token is not what it begins as.

    Args:
        message: QEMU's words, as the bytes that they are.
    """

    def __init__(self, message: bytes) -> None:
        super().__init__(message)
        self.message = message


def scalar(token: Token) -> Any:
    """The value of a string, number or word.

    Raises:
        Wrong: there is none.
    """
    if token.kind == STRING:
        return _string(token.text)
    if token.kind == INTEGER:
        return _integer(token.text)
    if token.kind == FLOAT:
        return float(token.text)
    if token.text not in _WORDS:
        raise Wrong(b"invalid keyword '%s'" % token.text)
    return _WORDS[token.text]


def _integer(text: bytes) -> int | float:
    # Nothing as long can be whole, and Python refuses to read thousands of digits.
    if len(text) > len(str(INTEGERS.stop)):
        return float(text)
    value = int(text)
    return value if value in INTEGERS else float(text)


def _string(text: bytes) -> str:
    inside = text[1:-1]
    if inside.isascii() and _BACKSLASH not in inside:
        return inside.decode("ascii")
    read = []
    place, end = 1, len(text) - 1
    while place < end:
        if text[place] == _BACKSLASH:
            piece, place = _escaped(text, place)
        else:
            code, place = code_point(text, place)
            if code < 0:
                raise Wrong(b"invalid UTF-8 sequence in string")
            piece = chr(code)
        read.append(piece)
    return "".join(read)


def _escaped(text: bytes, start: int) -> tuple[str, int]:
    letter = text[start + 1]
    if letter != _U:
        if letter not in _ESCAPES:
            raise Wrong(b"invalid escape sequence in string")
        return _ESCAPES[letter], start + 2
    code, place = _hexadecimal(text, start + 2), start + 6
    if 0xD800 <= code <= 0xDBFF and text[place : place + 2] == b"\\u":  # noqa: PLR2004  # a leading surrogate
        trailing = _hexadecimal(text, place + 2)
        if 0xDC00 <= trailing <= 0xDFFF:  # noqa: PLR2004  # a trailing one
            code = 0x10000 + ((code & 0x3FF) << 10) + (trailing & 0x3FF)
            place += 6
        else:
            code = -1
    if not is_character(code):
        raise Wrong(text[start:place] + b" is not a valid Unicode character")
    return chr(code), place


def _hexadecimal(text: bytes, start: int) -> int:
    digits = text[start : start + 4]
    return int(digits, 16) if len(digits) == 4 and _HEX.issuperset(digits) else -1  # noqa: PLR2004  # \\uXXXX
