"""The names of nodes, jobs and contents that a value uses or makes, each with its place."""

from __future__ import annotations

from txsh.actions.base import Kind
from txsh.syntax.tree import ListValue, Word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, NamedTuple

    from txsh.actions.base import Param
    from txsh.syntax.source import Span
    from txsh.syntax.tree import Value
else:
    from txsh.named import NamedTuple

_AS_THEY_ARE = (Kind.NODE, Kind.NEW_NODE, Kind.NEW_CONTENT, Kind.CONTENT, Kind.JOB, Kind.NEW_JOB)


class Mention(NamedTuple):
    """A name that a call uses or makes: `role` is the `Kind` that says which."""

    role: str
    name: str
    span: Span


def mentions_of(param: Param, found: Any, value: Value) -> Iterator[Mention]:
    """The names in a value that was read as `found`."""
    match param.kind:
        case Kind.BITMAP | Kind.NEW_BITMAP:
            yield Mention(Kind.NODE, found.node, _node_span(value))
        case Kind.BITMAP_SOURCES:
            for source, item in zip(found, value.items if isinstance(value, ListValue) else (value,), strict=True):
                if isinstance(source, dict):
                    yield Mention(Kind.NODE, source["node"], _node_span(item))
        case Kind.TARGET:
            yield Mention(Kind.NODE, found, value.span)
        case Kind.TOPIC:
            if found not in param.choices:
                yield Mention(Kind.TOPIC, found, value.span)
        case kind if kind in _AS_THEY_ARE:
            yield Mention(kind, found, value.span)


def _node_span(value: Value) -> Span:
    return value.parts[0].span if isinstance(value, Word) else value.span
