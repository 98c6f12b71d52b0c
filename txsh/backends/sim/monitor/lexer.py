"""Bytes to tokens, one byte after the other, with QEMU's states and its way back into step after nonsense.

Knows nothing of values or brackets; what a string says is not looked at here.

Source: QEMU qobject/json-lexer.c; places of tokens: 11.1, observed.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import NamedTuple
else:
    from txsh.named import NamedTuple

TOKEN_BYTES_MAX = 64 << 20

ERROR = 0
(
    RECOVERY,
    DOUBLE_QUOTED_ESCAPE,
    DOUBLE_QUOTED,
    SINGLE_QUOTED_ESCAPE,
    SINGLE_QUOTED,
    ZERO,
    EXPONENT_DIGITS,
    EXPONENT_SIGN,
    EXPONENT,
    FRACTION,
    FRACTION_DIGITS,
    DIGITS,
    SIGN,
    WORD,
    START,
) = range(1, 16)
OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST, COLON, COMMA, INTEGER, FLOAT, KEYWORD, STRING, TOO_LONG = range(
    16, 27
)
"""Kinds of tokens; `ERROR` is one, too. `TOO_LONG` stands for a token that was not read to its end."""

_KEEP = 0x80
"""Added to what comes next when the byte is not part of the token, but is looked at again."""
_NEWLINE = 0x0A
_DIGITS = range(0x30, 0x3A)
_SMALL = range(0x61, 0x7B)


class Token(NamedTuple):
    """One token.

    Args:
        kind: one of the constants of this module.
        text: its bytes; of an error the byte that was wrong is the last.
        line: from 1, of the connection so far.
        column: from 1, in bytes.
    """

    kind: int
    text: bytes
    line: int
    column: int


class Lexer:
    """The state between two packets.

    Attributes:
        line: of the last byte, from 1.
        column: of the last byte, 0 when it ended a line.
    """

    __slots__ = ("_place", "_state", "_text", "column", "line")

    def __init__(self) -> None:
        self._state = START
        self._text = bytearray()
        self.line = 1
        self.column = 0
        self._place = (1, 1)

    @property
    def between_tokens(self) -> bool:
        """Whether the next byte begins a token."""
        return self._state == START

    def feed(self, data: bytes) -> Iterator[Token]:
        """The tokens that these bytes end."""
        for byte in data:
            if byte == _NEWLINE:
                self.line += 1
                self.column = 0
            else:
                self.column += 1
            yield from self._take(byte)

    def skip(self, data: bytes) -> None:
        """Count bytes that somebody else has read as whole tokens."""
        lines = data.count(b"\n")
        if lines:
            self.line += lines
            self.column = len(data) - data.rindex(b"\n") - 1
        else:
            self.column += len(data)
        self._place = (self.line, self.column + 1)

    def _take(self, byte: int) -> Iterator[Token]:
        kept = True
        while kept:
            entry = _TABLE[self._state][byte]
            kept = entry >= _KEEP
            self._state = entry & ~_KEEP
            if not kept:
                self._text.append(byte)
            if self._state > START or self._state == ERROR:
                token = Token(self._state, bytes(self._text), *self._place)
                self._state = RECOVERY if self._state == ERROR else START
                self._begin()
                yield token
            elif self._state in (START, RECOVERY):
                self._begin()
        if len(self._text) > TOKEN_BYTES_MAX:
            token = Token(TOO_LONG, bytes(self._text), *self._place)
            self._state = START
            self._begin()
            yield token

    def _begin(self) -> None:
        self._text.clear()
        # Where a token was ended by the first byte of the next one, this is one column too far: QEMU's own slip.
        self._place = (self.line, self.column + 1)


def _row(entries: dict[int, Iterable[int]], default: int = ERROR) -> bytes:
    row = bytearray([default]) * 256
    for entry, columns in entries.items():
        for column in columns:
            row[column] = entry
    return bytes(row)


_INSIDE_STRING = range(0x20, 0xFE)
_TABLE = {
    RECOVERY: _row({START | _KEEP: {*range(0x20), 0xFE, 0xFF, *b"[]{}:,"} - {*b"\t"}}, RECOVERY),
    DOUBLE_QUOTED_ESCAPE: _row({DOUBLE_QUOTED: _INSIDE_STRING}),
    DOUBLE_QUOTED: _row({DOUBLE_QUOTED: _INSIDE_STRING, DOUBLE_QUOTED_ESCAPE: b"\\", STRING: b'"'}),
    SINGLE_QUOTED_ESCAPE: _row({SINGLE_QUOTED: _INSIDE_STRING}),
    SINGLE_QUOTED: _row({SINGLE_QUOTED: _INSIDE_STRING, SINGLE_QUOTED_ESCAPE: b"\\", STRING: b"'"}),
    ZERO: _row({ERROR: _DIGITS, FRACTION: b"."}, INTEGER | _KEEP),
    EXPONENT_DIGITS: _row({EXPONENT_DIGITS: _DIGITS}, FLOAT | _KEEP),
    EXPONENT_SIGN: _row({EXPONENT_DIGITS: _DIGITS}),
    EXPONENT: _row({EXPONENT_SIGN: b"+-", EXPONENT_DIGITS: _DIGITS}),
    FRACTION_DIGITS: _row({FRACTION_DIGITS: _DIGITS, EXPONENT: b"eE"}, FLOAT | _KEEP),
    FRACTION: _row({FRACTION_DIGITS: _DIGITS}),
    DIGITS: _row({DIGITS: _DIGITS, EXPONENT: b"eE", FRACTION: b"."}, INTEGER | _KEEP),
    SIGN: _row({ZERO: b"0", DIGITS: b"123456789"}),
    WORD: _row({WORD: _SMALL}, KEYWORD | _KEEP),
    START: _row(
        {
            DOUBLE_QUOTED: b'"',
            SINGLE_QUOTED: b"'",
            ZERO: b"0",
            DIGITS: b"123456789",
            SIGN: b"-",
            OPEN_OBJECT: b"{",
            CLOSE_OBJECT: b"}",
            OPEN_LIST: b"[",
            CLOSE_LIST: b"]",
            COMMA: b",",
            COLON: b":",
            WORD: _SMALL,
            START: b" \t\r\n",
        }
    ),
}
"""State -> what each byte leads to."""
