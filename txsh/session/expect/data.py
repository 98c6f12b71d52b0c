"""`expect data`: a node holds what another one, or a remembered content, or a pattern says."""

from __future__ import annotations

from txsh.backends.base import GuestError
from txsh.model.size import format_size
from txsh.session.expect.evidence import unmet
from txsh.session.fault import content, reading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.step import Expect
    from txsh.backends.base import Content
    from txsh.session.session import Session


async def check(session: Session, step: Expect) -> None:
    """Compare.

    Raises:
        StatementFailed: it holds something else, or cannot be read.
        HostUnable: this backend cannot read as the guest.
    """
    await session.collect()
    node = step.values["node"]
    try:
        if "same" in step.values:
            await _same(session, step, node, step.values["same"])
        else:
            await _pattern(session, step, node)
    except GuestError as failure:
        message = f"{node} cannot be read: {failure.description}"
        raise unmet(session, step, message, "reading it failed") from failure


async def _same(session: Session, step: Expect, node: str, other: str) -> None:
    mine, theirs = await content(session, node), await _other(session, other)
    if mine.size_bytes != theirs.size_bytes:
        sizes = f"{format_size(mine.size_bytes)} and {format_size(theirs.size_bytes)}"
        raise unmet(session, step, f"{node} and {other} have different sizes: {sizes}", "not the same")
    offset = mine.first_difference(theirs)
    if offset is not None:
        where = f"they differ at {format_size(offset)} or shortly after"
        raise unmet(session, step, f"{node} does not hold the same as {other}: {where}", "not the same")


async def _other(session: Session, name: str) -> Content:
    return session.remembered[name] if name in session.remembered else await content(session, name)


async def _pattern(session: Session, step: Expect, node: str) -> None:
    place, pattern = step.values["range"], step.values["pattern"]
    async with reading(session, node):
        mismatch = await session.host.read(node, place.offset, place.length, pattern)
    if mismatch is not None:
        where = format_size(mismatch.offset)
        message = f"{node} holds 0x{mismatch.found:02x} at {where}, not 0x{pattern:02x}"
        raise unmet(session, step, message, f"expected 0x{pattern:02x} everywhere")
