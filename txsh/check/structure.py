"""Turns lists and objects of the tree into JSON's values, and keeps the place of each by its path.

A bare word inside is what JSON makes of it, a number, ``true``, ``false`` or ``null``, and a text otherwise; in quotes
it is a text. Knows no schema.
"""

from __future__ import annotations

from txsh.syntax.diagnostic import Diagnostic, Note
from txsh.syntax.tree import ListValue, Word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from txsh.syntax.source import Span
    from txsh.syntax.tree import ObjectValue, Value


class Structure:
    """Reads values; what is wrong goes into the report.

    Attributes:
        spans: the place of each value by its path, such as ``actions[0].data.name``; a member's begins at its name.
    """

    def __init__(self, report: list[Diagnostic]) -> None:
        self.spans: dict[str, Span] = {}
        self._report = report

    def read(self, value: Value, path: str) -> Any:
        """What a value is in JSON."""
        self.spans.setdefault(path, value.span)
        if isinstance(value, Word):
            return value.text if value.quoted else literal(value.text)
        if isinstance(value, ListValue):
            return [self.read(item, f"{path}[{index}]") for index, item in enumerate(value.items)]
        return self.members(value, path)

    def members(self, value: ObjectValue, path: str) -> dict[str, Any]:
        """What an object is in JSON."""
        read: dict[str, Any] = {}
        first: dict[str, Span] = {}
        for key, each in value.members:
            if key.text in first:
                notes = (Note("first given here", first[key.text]),)
                message = f"'{key.text}' is given twice"
                self._report.append(
                    Diagnostic("duplicate-option", message, key.span.to(each.span), "take one away", notes=notes)
                )
                continue
            first[key.text] = key.span
            inner = f"{path}.{key.text}" if path else key.text
            self.spans[inner] = key.span.to(each.span)
            read[key.text] = self.read(each, inner)
        return read


def literal(text: str) -> Any:
    """What JSON makes of a bare word; the text itself when it is no JSON, or a number beyond all bounds."""
    if text[0] not in "-0123456789tfn":
        return text
    import json  # noqa: PLC0415  # only what looks like JSON needs it

    try:
        value = json.loads(text, parse_constant=str)
    except ValueError:
        return text
    return text if isinstance(value, float) and value in (float("inf"), float("-inf")) else value
