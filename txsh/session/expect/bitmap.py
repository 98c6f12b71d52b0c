"""`expect bitmap`: it exists, and is as said."""

from __future__ import annotations

from txsh.backends.base import HostUnable
from txsh.model.size import format_range, format_size
from txsh.session.expect.evidence import Difference, failed, last_change, unmet
from txsh.session.refusal import StatementFailed
from txsh.session.view import look_at_nodes, users_bitmaps, users_nodes
from txsh.syntax.diagnostic import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from txsh.actions.step import Expect
    from txsh.model.extent import Extents
    from txsh.model.state import BitmapInfo
    from txsh.session.session import Session

_FLAGS = ("recording", "busy", "persistent", "inconsistent")


async def check(session: Session, step: Expect) -> None:
    """Compare.

    Raises:
        StatementFailed: the bitmap is different, not there, or busy while its dirty ranges were asked for.
    """
    await session.collect()
    name = session.names.shown_bitmap(step.values["target"])
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
        differences += await _dirty(session, step, bitmap, nodes[bitmap.node].size_bytes)
    if differences:
        raise failed(session, step, f"bitmap {name}", differences, origin=origin)


async def _dirty(session: Session, step: Expect, bitmap: BitmapInfo, size_bytes: int) -> list[Difference]:
    from txsh.model.extent import Extents

    if bitmap.busy:
        message = f"bitmap {step.values['target']} is busy: its dirty ranges cannot be read"
        place = step.spans.get("dirty", step.span)
        advice = "ask after its job has ended, or ask for count="
        raise StatementFailed(Diagnostic("busy-bitmap", message, place, help=advice))
    wanted = Extents((wanted.offset, wanted.end) for wanted in step.values["dirty"])
    try:
        found = Extents() if bitmap.count_bytes == 0 else await session.host.extents(bitmap.node, bitmap.name)
    except HostUnable as unable:
        if unable.name != "no-guest-io":
            raise
        return await _compare_digests(session, bitmap, wanted, size_bytes)
    if wanted == found:
        return []
    return [Difference("dirty", ranges_text(wanted), ranges_text(found))]


async def _compare_digests(session: Session, bitmap: BitmapInfo, wanted: Extents, size_bytes: int) -> list[Difference]:
    """Compare where the dirty ranges cannot be read: QEMU tells a digest of the bits, which tells equality alone."""
    from txsh.model.digest import bitmap_digest

    granularity = bitmap.granularity_bytes
    # Ranges end at the end of the node; everything else lies between bits, or no bitmap looks like that.
    fits = all(
        start % granularity == 0 and (end == size_bytes or (end % granularity == 0 and end < size_bytes))
        for start, end in wanted
    )
    arguments = {"node": bitmap.node, "name": bitmap.name}
    found = await session.backend.execute("x-debug-block-dirty-bitmap-sha256", arguments, look=True)
    if fits and found["sha256"] == bitmap_digest(wanted, size_bytes, granularity):
        return []
    return [Difference("dirty", ranges_text(wanted), f"other ranges of {format_size(bitmap.count_bytes)} in all")]


def ranges_text(ranges: Iterable[tuple[int, int]]) -> str:
    """Ranges in the script's notation."""
    return f"dirty=[{', '.join(format_range(start, end - start) for start, end in ranges)}]"


def _flag(name: str, value: bool) -> str:  # noqa: FBT001  # the value itself
    return name if value else f"{name}=false"
