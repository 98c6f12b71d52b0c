"""One word of a text as a value: its quotes and escapes resolved, split at the dots outside quotes."""

from __future__ import annotations

from txsh.syntax.source import Span
from txsh.syntax.tree import Part, Word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.syntax.source import Source

_new = tuple.__new__
"""Makes a named tuple from a tuple, in half the time of calling it."""

_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def read_word(source: Source, lexeme: str, start: int) -> Word:
    """The word that stands at `start`; `lexeme` is what the grammar's WORD matched there."""
    span = _new(Span, (source, start, start + len(lexeme)))
    if '"' in lexeme:
        quoted_parts = _quoted_parts(source, lexeme, start)
        return Word(".".join(part.text for part in quoted_parts), quoted_parts, span)
    if "." not in lexeme:
        return _new(Word, (lexeme, (_new(Part, (lexeme, False, span)),), span))
    parts: list[Part] = []
    for text in lexeme.split("."):
        parts.append(Part(text, False, Span(source, start, start + len(text))))
        start += len(text) + 1
    return Word(lexeme, tuple(parts), span)


def unescape(quoted: str) -> str:
    """The text between quotes with its escapes resolved, as JSON has it."""
    if "\\" not in quoted:
        return quoted
    pieces = []
    begin = 0
    while (backslash := quoted.find("\\", begin)) >= 0:
        pieces.append(quoted[begin:backslash])
        letter = quoted[backslash + 1]
        begin = backslash + (6 if letter == "u" else 2)
        pieces.append(chr(int(quoted[backslash + 2 : begin], 16)) if letter == "u" else _ESCAPES[letter])
    pieces.append(quoted[begin:])
    text = "".join(pieces)
    # A surrogate pair is one letter; half of one stays what it is.
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def has_lone_surrogate(lexeme: str) -> bool:
    """Whether a word has half of a surrogate pair in it, which no UTF-8 text and so no QMP can carry."""
    return any("\ud800" <= letter <= "\udfff" for letter in unescape(lexeme))


def closing_quote(text: str, start: int) -> int:
    """Where the string that opens at `start` closes; -1 when nothing closes it on its line."""
    offset = start + 1
    while offset < len(text) and text[offset] != "\n":
        if text[offset] == '"':
            return offset
        offset += 2 if text[offset] == "\\" else 1
    return -1


def _quoted_parts(source: Source, lexeme: str, start: int) -> tuple[Part, ...]:
    parts = []
    begin = 0
    while True:
        if lexeme.startswith('"', begin):
            end = closing_quote(lexeme, begin) + 1
            text, quoted = unescape(lexeme[begin + 1 : end - 1]), True
        else:
            end = lexeme.find(".", begin)
            end = len(lexeme) if end < 0 else end
            text, quoted = lexeme[begin:end], False
        parts.append(Part(text, quoted, Span(source, start + begin, start + end)))
        if end == len(lexeme):
            return tuple(parts)
        begin = end + 1
