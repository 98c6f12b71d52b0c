"""`stop` and `cont`: the guest's processors."""

from __future__ import annotations

from txsh.session.refusal import refused_here

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.step import Machine
    from txsh.session.session import Session
    from txsh.session.statement import Statement


async def run(session: Session, step: Machine, statement: Statement) -> None:
    """Send it.

    Raises:
        Refused: this program has no guest.
        CommandFailed: QEMU refused.
    """
    del statement
    if session.backend.program == "qsd":
        message = f"qemu-storage-daemon has no guest to {'stop' if step.command == 'stop' else 'let run'}"
        raise refused_here("no-guest", message, advice="'-b qemu' launches a QEMU that has one")
    await session.send(step.command, {})
