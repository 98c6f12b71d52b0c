"""`expect no node`: it does not exist."""

from __future__ import annotations

from txsh.session.expect.evidence import last_change, unmet
from txsh.session.view import look_at_nodes, users_nodes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.step import Expect
    from txsh.session.session import Session


async def check(session: Session, step: Expect) -> None:
    """Compare.

    Raises:
        StatementFailed: there is such a node.
    """
    await session.collect()
    name = session.names.shown(step.values["node"])
    if name in users_nodes(await look_at_nodes(session.backend), session.names):
        origin = last_change(session, "node", name)
        raise unmet(session, step, f"there is a node {name}", "it exists", origin=origin)
