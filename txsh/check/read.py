"""Reads one value of the tree as the kind that its parameter asks for.

The readers of single kinds live beside it; this file finds the right one and refuses lists where a word belongs.
"""

from __future__ import annotations

from txsh.actions.base import Kind
from txsh.check.name import (
    read_bitmap,
    read_bitmap_name,
    read_choice,
    read_errno,
    read_name,
)
from txsh.check.number import read_byte, read_duration, read_integer, read_range, read_size
from txsh.syntax.diagnostic import Diagnostic
from txsh.syntax.tree import ListValue, ObjectValue, Word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from txsh.actions.base import Param
    from txsh.model.reference import ByteRange
    from txsh.syntax.tree import Value

_BOOLEANS = {"true": True, "false": False}
_TEXT_KINDS = (Kind.STRING, Kind.EVENT)
_NAMES = {
    Kind.JOB: "a job's name",
    Kind.NEW_JOB: "a job's name",
    Kind.NODE: "a node's name",
    Kind.NEW_NODE: "a node's name",
    Kind.TARGET: "a node's name",
    Kind.CONTENT: "a node's name",
    Kind.NEW_CONTENT: "a name to remember by",
    Kind.TOPIC: "the name of a node or a job",
}
"""What a word that is one name is, for messages."""


def read_value(param: Param, value: Value, report: list[Diagnostic]) -> Any:
    """The typed value of a parameter; when it cannot be read, the report has grown."""
    if param.kind == Kind.RANGES:
        return _ranges(value, report)
    if param.kind == Kind.BITMAP_SOURCES:
        return _bitmap_sources(value, report)
    if isinstance(value, Word):
        return _read_word(param, value, report)
    found = "a list" if isinstance(value, ListValue) else "an object"
    report.append(Diagnostic("not-a-word", f"{param.name} takes one word, not {found}", value.span))
    return None


def _read_word(param: Param, word: Word, report: list[Diagnostic]) -> Any:
    """The typed value of one word."""
    kind = param.kind
    if kind in (Kind.SIZE, Kind.INTEGER):
        # What goes to QEMU as it is, QEMU judges, with its own words: a minus sign is let through.
        read_count = read_size if kind == Kind.SIZE else read_integer
        return read_count(word, report, signed=bool(param.qmp))
    if kind == Kind.CHOICE:
        return read_choice(word, param.name, param.choices, report)
    if kind in _TEXT_KINDS:
        return word.text
    reader = _READERS.get(kind)
    return read_name(word, _NAMES[kind], report) if reader is None else reader(word, report)


def _boolean(word: Word, report: list[Diagnostic]) -> bool | None:
    if word.text in _BOOLEANS and not word.quoted:
        return _BOOLEANS[word.text]
    report.append(Diagnostic("not-a-boolean", f"not a boolean: '{word.text}'", word.span, "use true or false"))
    return None


def _ranges(value: Value, report: list[Diagnostic]) -> tuple[ByteRange, ...] | None:
    if not isinstance(value, ListValue):
        is_range = isinstance(value, Word) and "+" in value.text
        meant = f"write [{value.span.text}]" if is_range else "write [OFFSET+LENGTH, ...], or [] for none"
        report.append(Diagnostic("not-a-list", "not a list of ranges", value.span, meant))
        return None
    ranges = []
    for item in value.items:
        if isinstance(item, Word):
            ranges.append(read_range(item, report))
        else:
            report.append(Diagnostic("not-a-range", "not a range: write OFFSET+LENGTH", item.span))
    return tuple(item for item in ranges if item is not None)


def _bitmap_sources(value: Value, report: list[Diagnostic]) -> list[str | dict[str, str]]:
    """The bitmaps to merge, in QMP's form: a name, or a node and a name."""
    items = value.items if isinstance(value, ListValue) else (value,)
    return [_bitmap_source(item, report) for item in items]


def _bitmap_source(value: Value, report: list[Diagnostic]) -> str | dict[str, str]:
    if isinstance(value, Word):
        if len(value.parts) == 1:
            return value.text
        reference = read_bitmap(value, report)
        return "" if reference is None else {"node": reference.node, "name": reference.name}
    if isinstance(value, ObjectValue):
        members = {key.text: item.text for key, item in value.members if isinstance(item, Word)}
        if members.keys() == {"node", "name"} and len(value.members) == len(members):
            return members
    report.append(Diagnostic("not-a-bitmap", "not a bitmap", value.span, "write BITMAP or NODE.BITMAP"))
    return ""


_READERS: dict[str, Callable[[Word, list[Diagnostic]], Any]] = {
    Kind.RANGE: read_range,
    Kind.BITMAP: read_bitmap,
    Kind.NEW_BITMAP: read_bitmap,
    Kind.BITMAP_NAME: read_bitmap_name,
    Kind.BOOLEAN: _boolean,
    Kind.BYTE: read_byte,
    Kind.DURATION: read_duration,
    Kind.ERRNO: read_errno,
}
