"""Guest I/O: `read`, `write`, `zero`, `discard`, `flush`."""

from __future__ import annotations

from txsh.model.size import format_size
from txsh.session.refusal import StatementFailed
from txsh.syntax.diagnostic import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.step import Guest
    from txsh.session.session import Session
    from txsh.session.statement import Statement


async def run(session: Session, step: Guest, statement: Statement) -> None:
    """Do it as the guest, through the faults that lie over the node.

    Raises:
        GuestError: the I/O failed.
        StatementFailed: a read found something else than its pattern.
        HostUnable: this backend has no guest I/O.
    """
    del statement
    host, node = session.host, session.names.top(step.node)
    if step.operation == "flush":
        await host.flush(node)
        return
    assert step.range is not None
    offset, length = step.range
    declared = session.names.declared.get(step.node)
    if declared is not None and step.operation in ("zero", "discard"):
        # Clusters that were zeroed are none that were never written: QEMU tells them apart.
        declared.holes_are_alike = False
    match step.operation:
        case "write":
            assert step.pattern is not None
            await host.write(node, offset, length, step.pattern)
        case "zero":
            await host.zero(node, offset, length, unmap=step.unmap)
        case "discard":
            await host.discard(node, offset, length)
        case _:
            await _read(session, step, node)


async def _read(session: Session, step: Guest, node: str) -> None:
    assert step.range is not None
    mismatch = await session.host.read(node, step.range.offset, step.range.length, step.pattern)
    if mismatch is None or step.pattern is None:
        return
    where = f"{format_size(mismatch.offset)} of {step.node}"
    message = f"the guest read 0x{mismatch.found:02x} at {where}, not 0x{step.pattern:02x}"
    raise StatementFailed(Diagnostic("read-mismatch", message, step.span, f"expected 0x{step.pattern:02x} everywhere"))
