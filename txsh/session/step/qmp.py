"""`qmp`: one command as it is. What it starts is followed, and what it does to a job is the user's own act."""

from __future__ import annotations

from txsh.backends.base import BackendLost, CommandFailed
from txsh.session.raw import act_on_job, explained, note_nodes, refuse_harm_of, starts_of, warn_of_faults
from txsh.session.refusal import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from txsh.actions.step import Qmp
    from txsh.session.session import Session
    from txsh.session.statement import Statement

BY_SCRIPT = "by the script"
_QUIT = "QEMU was told to quit"
_SERVERS = ("nbd-server-start", "nbd-server-stop")
_QUIT_US = 5_000_000
"""How long QEMU may take to end its jobs and itself."""


async def run(session: Session, step: Qmp, statement: Statement) -> None:
    """Send it, keep its reply and print it.

    Raises:
        CommandFailed: QEMU refused it.
        Refused: the same, with the action that it was; or it was not sent because it would do harm.
    """
    try:
        await refuse_harm_of(session, step)
    except Refused as refused:
        _keep_error(session, step, refused.error.error_class, refused.error.description)
        raise
    session.jobs.announce(starts_of(session, step))
    paused = act_on_job(session, step, BY_SCRIPT)
    try:
        reply = await _send(session, step)
    except CommandFailed as failure:
        if paused is not None:
            session.jobs.pause_refused(paused)
        _keep_error(session, step, failure.error_class, str(failure.__cause__ or failure))
        refusal = await explained(session, step, failure)
        if refusal is None:
            raise
        raise refusal from failure
    finally:
        session.jobs.withdraw()
    session.reply = (step.span, {"return": reply})
    note_nodes(session, step)
    warn_of_faults(session, step)
    if reply not in ({}, ""):
        from txsh.session.reply_text import reply_text

        statement.output = reply_text(reply)


def _keep_error(session: Session, step: Qmp, error_class: str, description: str) -> None:
    session.reply = (step.span, {"error": {"class": error_class, "desc": description}})


async def _send(session: Session, step: Qmp) -> Any:
    if step.command in _SERVERS:
        return await _serve(session, step)
    if step.command != "quit":
        return await session.send(step.command, step.arguments)
    session.jobs.cancelled.update(dict.fromkeys(session.jobs.living(), _QUIT))
    reply = await session.backend.execute(step.command, step.arguments)
    await _see_out(session)
    return reply


async def _serve(session: Session, step: Qmp) -> Any:
    """Start or stop the script's own NBD server: it finds none of ours, and guest I/O uses it from then on."""
    await session.host.free_nbd_server()
    reply = await session.send(step.command, step.arguments)
    session.host.nbd_server_is(step.arguments.get("addr"))
    return reply


async def _see_out(session: Session) -> None:
    """Take in what QEMU still tells while it ends; nothing can be asked of it any more."""
    deadline_us = session.backend.now_us() + _QUIT_US
    try:
        while await session.next_event(deadline_us):
            pass
    except BackendLost:
        pass
    session.over = True
    for group in session.groups:
        group.lose(session, _QUIT)
