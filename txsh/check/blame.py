"""Which words of a raw command an error of QEMU's schema is about. Knows no schema."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from txsh.syntax.source import Span

_QUOTED = re.compile(r"'([^']*)'")
_STEP = re.compile(r"\.?[^.\[]*$|\[\d+\]$")


def place_of(description: str, spans: Mapping[str, Span]) -> Span:
    """The place of the member that an error names, or of the nearest thing around it.

    Args:
        description: QEMU's, such as ``Parameter 'actions[0].data.name' is missing``.
        spans: places by path; "" of the command.
    """
    found = _QUOTED.search(description)
    path = found[1] if found else ""
    if path and path not in spans:
        # Some errors name a member without its path.
        named = [each for each in spans if each.endswith(f".{path}")]
        path = named[0] if named else path
    return nearest(path, spans)


def nearest(path: str, spans: Mapping[str, Span]) -> Span:
    """The place of a member, or of the nearest thing around it."""
    while path and path not in spans:
        path = _around(path)
    return spans[path]


def _around(path: str) -> str:
    shorter = _STEP.sub("", path, count=1)
    return shorter if len(shorter) < len(path) else ""
