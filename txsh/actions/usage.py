"""How a verb is written, in one line, for help and for messages."""

from __future__ import annotations

from txsh.actions.base import Kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from txsh.actions.base import Param

_CHOICES_SHOWN_MAX = 4
_VALUE_WORDS = {
    Kind.NODE: "NODE",
    Kind.TARGET: "NODE",
    Kind.CONTENT: "NAME",
    Kind.NEW_NODE: "NAME",
    Kind.NEW_CONTENT: "NAME",
    Kind.BITMAP: "NODE.BITMAP",
    Kind.NEW_BITMAP: "NODE.BITMAP",
    Kind.BITMAP_NAME: "BITMAP",
    Kind.BITMAP_SOURCES: "BITMAP|[BITMAP, ...]",
    Kind.JOB: "JOB",
    Kind.NEW_JOB: "JOB",
    Kind.SIZE: "SIZE",
    Kind.RANGE: "OFFSET+LENGTH",
    Kind.RANGES: "[OFFSET+LENGTH, ...]",
    Kind.DURATION: "DURATION",
    Kind.INTEGER: "COUNT",
    Kind.BYTE: "BYTE",
    Kind.ERRNO: "ERRNO",
    Kind.TOPIC: "TOPIC",
    Kind.EVENT: "EVENT",
}
"""What stands for a value of each kind; the others are called as the parameter is."""


def usage(title: str, params: Iterable[Param]) -> str:
    """The words of a call that cannot be left out, and the operands that can: ``fault NODE read|write|flush``."""
    shown = [_bracketed(param) for param in params if param.operand or param.required]
    return " ".join([title, *shown])


def word(param: Param) -> str:
    """How one operand or option is written: ``NODE``, ``granularity=SIZE``, ``persistent``."""
    if param.operand:
        return _value(param) + (" ..." if param.repeated else "")
    if param.kind == Kind.MEMBERS:
        return "MEMBER=VALUE ..."
    if param.kind == Kind.PATHS:
        return "PATH=VALUE ..."
    return param.name if param.kind == Kind.BOOLEAN else f"{param.name}={_value(param)}"


def shows_choices(param: Param) -> bool:
    """Whether its words are few enough to be shown in place."""
    return param.kind == Kind.CHOICE and len(param.choices) <= _CHOICES_SHOWN_MAX


def _bracketed(param: Param) -> str:
    return word(param) if param.required else f"[{word(param)}]"


def _value(param: Param) -> str:
    if shows_choices(param):
        return "|".join(param.choices)
    return _VALUE_WORDS.get(param.kind, param.name.rpartition("-")[2].upper())
