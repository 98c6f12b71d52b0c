"""What raw QMP alone can do to a QEMU with defects: the same guards as for statements, on any command.

Takes arguments that the schema accepts; anything else is QEMU's to refuse.
"""

from __future__ import annotations

from txsh.model.event import QmpError
from txsh.session.danger import refuse_harm
from txsh.session.defect import NEGATIVE_SIZE, REOPEN_REFUSED
from txsh.session.refusal import Refused
from txsh.session.view import look_at_nodes
from txsh.syntax.diagnostic import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any, NamedTuple

    from txsh.session.session import Session
    from txsh.syntax.source import Span
else:
    from txsh.named import NamedTuple

_ALONE = ("blockdev-backup", "drive-backup", "block-dirty-bitmap-merge")
_NULLS = ("null-co", "null-aio")


class _Place(NamedTuple):
    span: Span


async def refuse_command(
    session: Session, command: str, arguments: Mapping[str, Any], place: Span, actions: Sequence[Span] = ()
) -> None:
    """Look first where a command would do harm.

    Args:
        place: the statement.
        actions: where each action of a transaction stands; (): nobody knows.

    Raises:
        Refused: as `txsh.session.danger.refuse_harm` says.
    """
    if session.as_is:
        return
    match command:
        case "transaction":
            listed = [(action["type"], action.get("data", {})) for action in arguments["actions"]]
            grouped = arguments.get("properties", {}).get("completion-mode") == "grouped"
            places = [_Place(span) for span in actions or [place] * len(listed)]
            await refuse_harm(session, places, listed, grouped=grouped)
        case kind if kind in _ALONE:
            await refuse_harm(session, [_Place(place)], [(kind, arguments)], grouped=False, alone=True)
        case "blockdev-add":
            _refuse_negative_size(session, arguments, place)
        case "blockdev-reopen":
            await _warn_of_reopen(session, arguments, place)


def _refuse_negative_size(session: Session, arguments: Mapping[str, Any], place: Span) -> None:
    if not NEGATIVE_SIZE.is_in(session.backend.version):
        return
    for options in _nested(arguments):
        size = options.get("size", 0)
        if options.get("driver") in _NULLS and isinstance(size, int) and size < 0:
            advice = f"not sent: this QEMU does not answer that, it {NEGATIVE_SIZE.does}"
            error = QmpError("GenericError", _size_text(size, session.backend.version))
            raise Refused(error, culprit=place, advice=advice)


def _size_text(size: int, version: tuple[int, int]) -> str:
    """What the same QEMU says of the same size of a raw node. Source: util/qemu-option.c, parse_option_size."""
    if version < (10, 0):
        return "Parameter 'size' expects a non-negative number below 2^64"
    return f"Value '{size}' is out of range for parameter 'size'"


def _nested(options: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A node's options and those of the nodes inside them."""
    yield options
    for value in options.values():
        if isinstance(value, dict):
            yield from _nested(value)


async def _warn_of_reopen(session: Session, arguments: Mapping[str, Any], place: Span) -> None:
    closing = {options.get("node-name") for options in arguments["options"] if options.get("read-only")}
    if not closing or not REOPEN_REFUSED.is_in(session.backend.version):
        return
    for node in (await look_at_nodes(session.backend)).values():
        if node.name in closing and not node.readonly and any(bitmap.persistent for bitmap in node.bitmaps):
            session.warn(
                Diagnostic(
                    "reopen-to-read-only",
                    f"when this reopen is refused late, this QEMU leaves the bitmaps of '{node.name}' read-only (B6)",
                    place,
                    help=f"if it is, a reopen of '{node.name}' with \"read-only\": false puts that right",
                    severity="warning",
                )
            )
            return
