"""Letters that belong to no token, and those that a word should not have. Imported only when a text has some."""

from __future__ import annotations

from txsh.syntax.source import Span
from txsh.syntax.word import closing_quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.syntax.build import Objections
    from txsh.syntax.source import Source

_NO_BARE_LETTERS = frozenset(";<>[]{}(),=\"'\\")


def is_bare(letter: str) -> bool:
    """Whether a letter may stand in a bare word."""
    return letter not in _NO_BARE_LETTERS and letter > " " and letter != "\x7f" and not letter.isspace()


def end_of_bare(text: str, start: int) -> int:
    """Where the bare letters end that start here."""
    end = start
    while end < len(text) and is_bare(text[end]):
        end += 1
    return end


def end_of_piece(text: str, start: int) -> int:
    """Where to go on behind letters that are no token: behind a word or a string, or at the end of a line."""
    if text[start] != '"':
        return max(end_of_bare(text, start), start + 1)
    quote = closing_quote(text, start)
    if quote >= 0:
        return quote + 1
    newline = text.find("\n", start)
    return len(text) if newline < 0 else newline


def name_of(letter: str) -> str:
    """What a message calls a letter that cannot be shown: ``U+200B ZERO WIDTH SPACE``."""
    import unicodedata  # noqa: PLC0415  # it is large, and few messages need it

    name = unicodedata.name(letter, _CONTROL_NAMES.get(letter, ""))
    return f"U+{ord(letter):04X} {name}".rstrip()


def hidden_letters(source: Source, start: int, end: int) -> Objections:
    """Objections to the letters of a word that cannot be seen (outside quotes) or cannot be sent (anywhere)."""
    found: Objections = []
    is_quoted = False
    text = source.text
    for offset in range(start, end):
        letter = text[offset]
        if letter == '"' and (not is_quoted or _is_closing(text, start, offset)):
            is_quoted = not is_quoted
        elif "\ud800" <= letter <= "\udfff":
            found.append(("foreign-byte", Span(source, offset, offset + 1)))
        elif not is_quoted and not letter.isprintable():
            found.append(("hidden-letter", Span(source, offset, offset + 1)))
    return found


def _is_closing(text: str, start: int, quote: int) -> bool:
    """Whether a quote inside a string ends it: no odd number of backslashes stands before it."""
    backslashes = 0
    while quote - backslashes > start and text[quote - backslashes - 1] == "\\":
        backslashes += 1
    return backslashes % 2 == 0


_CONTROL_NAMES = {
    "\0": "NULL",
    "\a": "BELL",
    "\b": "BACKSPACE",
    "\v": "LINE TABULATION",
    "\f": "FORM FEED",
    "\r": "CARRIAGE RETURN",
    "\x1b": "ESCAPE",
    "\x7f": "DELETE",
}
"""Unicode gives control characters no names; these are the ones that people meet."""
