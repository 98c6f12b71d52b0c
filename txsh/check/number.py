"""Reads words that stand for numbers: sizes, ranges, durations, integers, bytes.

A reader returns the value, or None after it has put a diagnostic into the report. Knows no verb.
"""

from __future__ import annotations

from txsh.model.reference import ByteRange
from txsh.model.size import BYTES_MAX, Unreadable, digits_end, parse_size
from txsh.syntax.diagnostic import Diagnostic
from txsh.syntax.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.syntax.tree import Word

_DURATION_UNITS_US = {"us": 1, "ms": 1000, "s": 1_000_000, "m": 60_000_000}
_BYTE_MAX = 0xFF


def read_size(word: Word, report: list[Diagnostic], *, signed: bool) -> int | None:
    """Bytes of a size; a `signed` one may have a minus sign, for QEMU to judge."""
    return _number(word, "size", _signed(word.text, signed=signed), report)


def read_integer(word: Word, report: list[Diagnostic], *, signed: bool) -> int | None:
    """A whole number without a unit; a `signed` one may have a minus sign."""
    start = 1 if signed and word.text.startswith("-") else 0
    end = digits_end(word.text, start)
    if end == start or end < len(word.text):
        bad = Unreadable("use digits only", end if end > start else 0, len(word.text))
        return _number(word, "whole number", bad, report)
    return _number(word, "whole number", _signed(word.text, signed=signed), report)


def read_byte(word: Word, report: list[Diagnostic]) -> int | None:
    """A byte, ``0xab`` or ``171``."""
    value = parse_size(word.text)
    plain = word.text.isdecimal() or word.text[:2] in ("0x", "0X")
    if isinstance(value, Unreadable) or value > _BYTE_MAX or not plain:
        value = Unreadable("use 0x00 to 0xff, or 0 to 255", 0, len(word.text))
    return _number(word, "byte", value, report)


def read_duration(word: Word, report: list[Diagnostic]) -> int | None:
    """Microseconds of ``250ms``, ``5s`` or ``2m``."""
    return _number(word, "duration", _duration(word.text), report)


def read_range(word: Word, report: list[Diagnostic]) -> ByteRange | None:
    """``OFFSET+LENGTH``."""
    text = word.text
    place = text.find("+")
    if place < 0:
        whole = parse_size(text)
        meant = None if isinstance(whole, Unreadable) else f"0+{text}"
        _number(word, "range", Unreadable("write OFFSET+LENGTH", 0, len(text), meant), report)
        return None
    offset, length = parse_size(text[:place]), parse_size(text[place + 1 :])
    if isinstance(offset, Unreadable):
        _number(word, "range", offset._replace(end=max(offset.end, offset.start + 1)), report)
        return None
    if isinstance(length, Unreadable):
        start = length.start + place + 1
        end = max(length.end + place + 1, start)
        meant = None if length.meant is None else text[: place + 1] + length.meant
        _number(word, "range", Unreadable(length.reason, start, end, meant), report)
        return None
    if offset + length > BYTES_MAX:
        _number(word, "range", Unreadable("it ends after 2^63 - 1 bytes", 0, len(text)), report)
        return None
    return ByteRange(offset, length)


def _signed(text: str, *, signed: bool) -> int | Unreadable:
    if not text.startswith("-"):
        return parse_size(text)
    if not signed:
        return Unreadable("it cannot be negative", 0, 1)
    value = parse_size(text[1:])
    return value if isinstance(value, Unreadable) else -value


def _duration(text: str) -> int | Unreadable:
    end = digits_end(text, 0)
    if end == 0:
        return Unreadable("it must begin with a digit", 0, len(text))
    factor = _DURATION_UNITS_US.get(text[end:])
    if factor is None:
        what = f"unknown unit '{text[end:]}'" if text[end:] else "its unit is missing"
        return Unreadable(f"{what}, use us, ms, s or m", end if text[end:] else 0, len(text))
    count = parse_size(text[:end])
    if isinstance(count, Unreadable) or count * factor > BYTES_MAX:
        return Unreadable("it is too long", 0, len(text))
    return count * factor


def _number(word: Word, what: str, value: int | Unreadable, report: list[Diagnostic]) -> int | None:
    """The value of a word, or a diagnostic under the letters that say why it has none."""
    if word.quoted:
        value = Unreadable("a word in quotes is a string", 0, len(word.text))
    if not isinstance(value, Unreadable):
        return value
    span = word.span
    # Letters and places correspond only while nothing was escaped or joined.
    if span.text == word.text and value.start < value.end:
        span = Span(span.source, span.start + value.start, span.start + value.end)
    label = None if value.meant is None else f"did you mean '{value.meant}'?"
    article = "an" if what[0] in "aeiou" else "a"
    name = f"not-{article}-{what.replace(' ', '-')}"
    report.append(Diagnostic(name, f"not {article} {what}: {value.reason}", span, label))
    return None
