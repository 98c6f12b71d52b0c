"""`expect bitmap`: it exists, and is as said."""

from __future__ import annotations

from txsh.model.size import format_range, format_size
from txsh.session.expect.evidence import Difference, failed, last_change, unmet
from txsh.session.refusal import StatementFailed
from txsh.session.view import look_at_nodes, users_bitmaps, users_nodes
from txsh.syntax.diagnostic import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from txsh.actions.step import Expect
    from txsh.model.state import BitmapInfo
    from txsh.session.session import Session

_FLAGS = ("recording", "busy", "persistent", "inconsistent")


async def check(session: Session, step: Expect) -> None:
    """Compare.

    Raises:
        StatementFailed: the bitmap is different, not there, or busy while its dirty ranges were asked for.
    """
    await session.collect()
    name = str(step.values["target"])
    nodes = users_nodes(await look_at_nodes(session.backend), session.names)
    bitmap = users_bitmaps(nodes.values()).get(name)
    origin = last_change(session, "bitmap", name)
    if bitmap is None:
        raise unmet(session, step, f"there is no bitmap {name}", "it does not exist", origin=origin)
    differences = [
        Difference(flag, _flag(flag, wanted), _flag(flag, found))
        for flag in _FLAGS
        if (wanted := step.values.get(flag)) is not None and (found := getattr(bitmap, flag)) != wanted
    ]
    if "count" in step.values and step.values["count"] != bitmap.count_bytes:
        expected, actual = format_size(step.values["count"]), format_size(bitmap.count_bytes)
        differences.append(Difference("count", f"count={expected}", f"count={actual}"))
    if "dirty" in step.values:
        differences += await _dirty(session, step, bitmap)
    if differences:
        raise failed(session, step, f"bitmap {name}", differences, origin=origin)


async def _dirty(session: Session, step: Expect, bitmap: BitmapInfo) -> list[Difference]:
    from txsh.model.extent import Extents

    if bitmap.busy:
        message = f"bitmap {step.values['target']} is busy: its dirty ranges cannot be read"
        place = step.spans.get("dirty", step.span)
        advice = "ask after its job has ended, or ask for count="
        raise StatementFailed(Diagnostic("busy-bitmap", message, place, help=advice))
    wanted = Extents((wanted.offset, wanted.end) for wanted in step.values["dirty"])
    found = Extents() if bitmap.count_bytes == 0 else await session.host.extents(bitmap.node, bitmap.name)
    if wanted == found:
        return []
    return [Difference("dirty", ranges_text(wanted), ranges_text(found))]


def ranges_text(ranges: Iterable[tuple[int, int]]) -> str:
    """Ranges in the script's notation."""
    return f"dirty=[{', '.join(format_range(start, end - start) for start, end in ranges)}]"


def _flag(name: str, value: bool) -> str:  # noqa: FBT001  # the value itself
    return name if value else f"{name}=false"
