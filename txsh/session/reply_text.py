"""A reply of QEMU for people: JSON, one item or member a line, cut where it is long; a text as it is."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_COLUMNS_MAX = 110
_LINES_MAX = 16


def reply_text(reply: Any) -> str:
    """The lines; what is longer is cut, the trace has all of it."""
    if isinstance(reply, str):
        return _listed(reply.split("\r\n" if "\r\n" in reply else "\n"))
    whole = _json(reply)
    if len(whole) <= _COLUMNS_MAX or not isinstance(reply, dict | list):
        return _cut(whole)
    if isinstance(reply, dict):
        lines = [f"{json.dumps(name)}: {_json(value)}" for name, value in reply.items()]
    else:
        lines = [_json(item) for item in reply]
    return _listed(lines)


def _listed(lines: list[str]) -> str:
    while lines and not lines[-1]:
        lines.pop()
    shown = [_cut(line) for line in lines[:_LINES_MAX]]
    left = len(lines) - len(shown)
    return "\n".join([*shown, f"... {left} more"] if left else shown)


def excerpt(reply: Any) -> str:
    """A reply in one line, cut."""
    return _cut(_json(reply))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _cut(line: str) -> str:
    return line if len(line) <= _COLUMNS_MAX else line[: _COLUMNS_MAX - 3] + "..."
