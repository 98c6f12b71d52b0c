"""Names what is wrong with letters that are no token: an open string, an ``=`` between blanks, two words that touch."""

from __future__ import annotations

import re

from txsh.syntax.diagnostic import Diagnostic
from txsh.syntax.letter import end_of_bare, is_bare, name_of
from txsh.syntax.source import Span
from txsh.syntax.word import closing_quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.syntax.source import Source


def explain_letters(source: Source, start: int) -> Diagnostic:
    """The diagnostic for the letters at `start`, where no token of the grammar matches."""
    text = source.text
    letter = text[start]
    if letter == "=":
        return _explain_equals(source, start)
    if letter == "\\":
        return _explain_backslash(source, start)
    if letter == '"' or is_bare(letter):
        return _explain_word(source, start)
    return _explain_letter(source, start)


def _explain_word(source: Source, start: int) -> Diagnostic:
    """Strings and bare pieces that do not make a word together: the first thing wrong in them."""
    text = source.text
    offset = start
    while offset < len(text):
        begin = offset
        if text[offset] == '"':
            found = _explain_string(source, offset)
            if found:
                return found
            offset = closing_quote(text, offset) + 1
        else:
            offset = end_of_bare(text, offset)
        if offset == len(text):
            break
        follower = text[offset]
        joins = text[offset - 1] == "." or (text[begin] == '"' and follower == ".")
        if not joins or not (follower == '"' or is_bare(follower)):
            break
    return _explain_letter(source, offset) if text[offset] in "'(" else _explain_touching(source, offset)


def _explain_touching(source: Source, offset: int) -> Diagnostic:
    advice = 'a quoted part is joined by a dot: node."odd name"' if source.text[offset] == '"' else None
    return Diagnostic(
        "missing-space",
        f"no space before '{source.text[offset]}'",
        Span(source, offset, offset + 1),
        "put a space before it, or quote the whole word",
        advice,
    )


def _explain_string(source: Source, start: int) -> Diagnostic | None:
    """What is wrong inside the string that opens at `start`."""
    text = source.text
    quote = closing_quote(text, start)
    if quote < 0:
        newline = text.find("\n", start)
        end = len(text) if newline < 0 else newline
        end -= text[start:end].endswith("\r")
        return Diagnostic(
            "unclosed-string",
            "the string is not closed on its line",
            Span(source, start, end),
            "write '\"' where it ends",
            "a line break in a string is written \\n",
        )
    for match in re.finditer(r'\\(?P<escape>["\\/bfnrt]|u[0-9a-fA-F]{4})?|[\x00-\x08\x0a-\x1f\x7f]', text[start:quote]):
        here = Span(source, start + match.start(), start + match.end())
        if here.text[0] != "\\":
            return _control_character(here)
        if match["escape"] is None:
            here = here._replace(end=here.end + 1)
            return Diagnostic(
                "bad-escape",
                f"'{here.text}' is not an escape",
                here,
                "a backslash itself is written \\\\",
                "the escapes are JSON's: \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u0041",
            )
    return None


def _explain_equals(source: Source, start: int) -> Diagnostic:
    """An ``=`` that belongs to no ``key=value``."""
    text = source.text
    here = Span(source, start, start + 1)
    before = text[:start].rstrip(" \t")
    after = text[start + 1 :].lstrip(" \t")
    key = re.search(r'[^\s;<>\[\]{}(),="]*\Z', before[-200:])
    name = key[0] if key else ""
    if not name or after.startswith("="):
        advice = "an option is written key=value; a value with '=' in it is quoted"
        return Diagnostic("stray-equals", "'=' without the name of an option before it", here, "quote it", advice)
    value = re.match(r'"[^"\n]*"|[^\s;<>\[\]{}(),="\\]+', after[:200])
    if value is None:
        message = f"'{name}=' has no value"
        return Diagnostic("missing-value", message, here, "write the value right after the '='")
    if len(before) == start and after == text[start + 1 :]:
        return Diagnostic("stray-equals", "a value has a '=' in it", here, "quote the value", f'{name}="..."')
    here = Span(source, len(before), len(text) - len(after))
    return Diagnostic("space-around-equals", "space around '='", here, f"write {name}={value[0]}")


def _explain_backslash(source: Source, start: int) -> Diagnostic:
    text = source.text
    here = Span(source, start, start + 1)
    rest = text[start + 1 :].split("\n", 1)[0]
    if start + 1 == len(text):
        end = Span(source, len(text), len(text))
        return Diagnostic("unfinished-line", "the text ends after a '\\'", end, "write the rest of the statement")
    if not rest.strip():
        return Diagnostic(
            "stray-backslash", "blanks stand after the '\\'", here, "a '\\' continues a line only at its end"
        )
    return Diagnostic(
        "stray-backslash", "a '\\' outside quotes", here, "quote the word", "only at the end of a line it stands alone"
    )


def _explain_letter(source: Source, start: int) -> Diagnostic:
    """One letter that starts nothing."""
    here = Span(source, start, start + 1)
    letter = source.text[start]
    if letter == "'":
        return Diagnostic("single-quote", "a string in single quotes", here, "use double quotes")
    if letter < " " or letter == "\x7f":
        return _control_character(here)
    if letter.isspace():
        message = f"a blank that is neither space nor tab: {name_of(letter)}"
        return Diagnostic("hidden-character", message, here, "write a space")
    return Diagnostic("unexpected-character", f"'{letter}' has no meaning here", here, "quote the word it belongs to")


def _control_character(here: Span) -> Diagnostic:
    message = f"a control character: {name_of(here.text)}"
    return Diagnostic("control-character", message, here, "remove it, or write it as an escape in quotes")
