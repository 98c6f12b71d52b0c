"""`show`: print bitmaps, jobs, nodes, events, or one node or job."""

from __future__ import annotations

from txsh.model.size import format_size
from txsh.session.expect.evidence import event_text
from txsh.session.job import status
from txsh.session.view import look_at_nodes, look_at_progress, users_bitmaps, users_nodes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from txsh.actions.step import Show
    from txsh.model.state import BitmapInfo, NodeInfo
    from txsh.model.trace import JobRecord
    from txsh.session.session import Session
    from txsh.session.statement import Statement


async def run(session: Session, step: Show, statement: Statement) -> None:
    """The text is the statement's output.

    Raises:
        HostUnable: never for what is only a look.
    """
    await session.collect()
    nodes = users_nodes(await look_at_nodes(session.backend), session.names)
    await look_at_progress(session)
    match step.what:
        case "bitmaps":
            lines = await _bitmaps(session, nodes.values())
        case "jobs":
            lines = _jobs([*session.jobs.foreign(), *session.jobs.records])
        case "nodes":
            lines = _nodes(nodes.values())
        case "events":
            lines = _events(session)
        case None:
            lines = [*_nodes(nodes.values()), *await _bitmaps(session, nodes.values())]
            lines += _jobs([*session.jobs.foreign(), *session.jobs.records])
        case name:
            lines = await _one(session, name, nodes)
    statement.output = "\n".join(lines)


async def _one(session: Session, name: str, nodes: dict[str, NodeInfo]) -> list[str]:
    lines: list[str] = []
    node = nodes.get(session.names.shown(name))
    if node is not None:
        lines += _nodes([node]) + await _bitmaps(session, [node], empty=False)
    if name in session.jobs.newest:
        lines += _jobs([session.jobs.newest[name]])
    if name in session.remembered:
        lines.append(f"{name}  {format_size(session.remembered[name].size_bytes)} remembered")
    return lines or [f"nothing is called '{name}'"]


def _nodes(nodes: Iterable[NodeInfo]) -> list[str]:
    lines = [
        f"{node.name}  {format_size(node.size_bytes)} {node.driver}{' readonly' if node.readonly else ''}"
        for node in nodes
    ]
    return lines or ["no nodes"]


async def _bitmaps(session: Session, nodes: Iterable[NodeInfo], *, empty: bool = True) -> list[str]:
    lines = [
        f"{name}  {await _dirty(session, bitmap)}{_flags(bitmap)}" for name, bitmap in users_bitmaps(nodes).items()
    ]
    return lines or (["no bitmaps"] if empty else [])


async def _dirty(session: Session, bitmap: BitmapInfo) -> str:
    """The dirty ranges where they can be read, else their sum."""
    from txsh.backends.base import HostUnable
    from txsh.session.expect.bitmap import ranges_text

    if bitmap.count_bytes == 0:
        return "dirty=[]"
    if not bitmap.busy and not bitmap.inconsistent:
        try:
            return ranges_text(await session.host.extents(bitmap.node, bitmap.name))
        except HostUnable:
            pass
    return f"count={format_size(bitmap.count_bytes)}"


def _flags(bitmap: BitmapInfo) -> str:
    text = "" if bitmap.recording else " recording=false"
    for name in ("busy", "persistent", "inconsistent"):
        text += f" {name}" if getattr(bitmap, name) else ""
    return text + f" granularity={format_size(bitmap.granularity_bytes)}"


def _jobs(records: Iterable[JobRecord]) -> list[str]:
    return [_job(record) for record in records] or ["no jobs"]


def _job(record: JobRecord) -> str:
    text = f"{record.id}  {status(record)} {format_size(record.offset)} of {format_size(record.length)}"
    if record.error is not None:
        text += f' "{record.error}"'
    return text + (f" ({record.reason})" if record.reason else "")


def _events(session: Session) -> list[str]:
    trace = session.trace
    lines = [event_text(event) for index, event in enumerate(trace.events) if index not in trace.incidental]
    return lines or ["no events"]
