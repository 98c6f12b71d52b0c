"""`expect no bitmap`: it does not exist."""

from __future__ import annotations

from txsh.session.expect.evidence import last_change, unmet
from txsh.session.view import look_at_nodes, users_bitmaps, users_nodes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.step import Expect
    from txsh.session.session import Session


async def check(session: Session, step: Expect) -> None:
    """Compare.

    Raises:
        StatementFailed: there is such a bitmap.
    """
    await session.collect()
    name = session.names.shown_bitmap(step.values["target"])
    nodes = users_nodes(await look_at_nodes(session.backend), session.names)
    if name in users_bitmaps(nodes.values()):
        origin = last_change(session, "bitmap", name)
        raise unmet(session, step, f"there is a bitmap {name}", "it exists", origin=origin)
