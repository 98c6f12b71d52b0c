"""What a script comes to on a backend, as far as it must be the same on every one."""

from __future__ import annotations

import asyncio
import hashlib
import re
from typing import TYPE_CHECKING, Any

from tests.session.play import plan_of
from txsh.backends.base import BackendLost, CommandFailed, GuestError, HostUnable, run_now
from txsh.backends.live.content import BLOCK_BYTES, LiveContent
from txsh.backends.live.launch import launch
from txsh.backends.sim.backend import SimBackend
from txsh.backends.sim.content import NodeContent
from txsh.session.fault import content
from txsh.session.session import Session

if TYPE_CHECKING:
    from txsh.backends.base import Backend, Host
    from txsh.model.trace import JobRecord, Trace
    from txsh.syntax.diagnostic import Diagnostic
    from txsh.syntax.source import Span

_RUN_SECONDS = 30
_OWN_NODE = re.compile(r"#block\d+")
"""A node that QEMU names itself, counting from wherever it likes."""


def installed(program: str) -> tuple[int, int]:
    """The version of the QEMU that is first on the path."""

    async def ask() -> tuple[int, int]:
        backend = await launch(program)
        await backend.close()
        return backend.version

    return asyncio.run(ask())


def simulated(text: str, version: tuple[int, int]) -> dict[str, Any]:
    """Run it on a fresh simulator."""
    backend = SimBackend(version)
    return run_now(_outcome(text, backend, backend.host))


def real(text: str, program: str) -> dict[str, Any]:
    """Run it on a fresh QEMU: ``qsd`` or ``qemu-system``."""

    async def live() -> dict[str, Any]:
        backend = await launch(program)
        try:
            return await asyncio.wait_for(_outcome(text, backend, backend.host), _RUN_SECONDS)
        finally:
            await backend.close()

    return asyncio.run(live())


def differences(left: dict[str, Any], right: dict[str, Any]) -> list[str]:
    """Where two outcomes differ, one line each; nothing where a defect that strikes by chance (B10) took the second."""
    found = []
    if right["verdict"].word == "lost" and any(each[0] == "backups-of-one-source" for each in right["diagnostics"]):
        return []
    for member, mine in left.items():
        theirs = right[member]
        if mine == theirs:
            continue
        if isinstance(mine, dict) and theirs is not None:
            found += [
                f"{member} {key}:\n  {mine.get(key)}\n  {theirs.get(key)}"
                for key in mine.keys() | theirs.keys()
                if mine.get(key) != theirs.get(key)
            ]
        elif isinstance(mine, list):
            pairs = enumerate(zip(mine, theirs, strict=False))
            index = next((index for index, (one, other) in pairs if one != other), min(len(mine), len(theirs)))
            found.append(f"{member} [{index}]:\n  {mine[index : index + 1]}\n  {theirs[index : index + 1]}")
        else:
            found.append(f"{member}:\n  {mine}\n  {theirs}")
    return found


async def _outcome(text: str, backend: Backend, host: Host) -> dict[str, Any]:
    session = Session(backend, host)
    await session.run(plan_of(text, backend=backend))
    await session.finish()
    trace = session.trace
    unsure = _unsure(trace, text)
    return {
        "verdict": trace.verdict,
        "statements": [_statement(record) for record in trace.statements],
        "diagnostics": [_diagnostic(diagnostic) for diagnostic in trace.diagnostics],
        "groups": [(group.cancel, group.by, group.jobs, group.outcome, group.reason) for group in trace.groups],
        "jobs": [_job(job) for job in sorted(trace.jobs, key=lambda job: job.id) if job not in unsure],
        "events": _events(trace, {job.id for job in unsure}),
        "bitmaps": trace.bitmaps,
        "extents": trace.extents,
        "contents": await _contents(session, {job.target for job in unsure}),
        "left": await _left(session),
    }


def _statement(record: Any) -> tuple[Any, ...]:
    # Only a real QEMU has a socket that somebody could connect to.
    output = None if record.verb == "export" else record.output
    refusal = record.refusal and _OWN_NODE.sub("#block", record.refusal.description)
    return _place(record.span), record.verb, record.outcome, refusal, _place(record.culprit), output


def _diagnostic(diagnostic: Diagnostic) -> tuple[Any, ...]:
    # Which of two statements saw a change of a running job is no promise.
    is_looking = diagnostic.name == "expectation-failed"
    notes = [(note.message, None if is_looking else _place(note.span)) for note in diagnostic.notes]
    message = _OWN_NODE.sub("#block", diagnostic.message)
    return diagnostic.name, diagnostic.severity, message, _place(diagnostic.span), diagnostic.label, notes


def _job(job: Any) -> tuple[Any, ...]:
    names = ("id", "type", "statuses", "outcome", "error", "reason", "failed_operation", "offset", "length", "group")
    return tuple(getattr(job, name) for name in names)


def _unsure(trace: Trace, text: str) -> list[JobRecord]:
    """Jobs that were cancelled while a stop rule held them under their source, or before zeroes.

    Such a job goes on for a while before it is gone; how far, QEMU does not promise, and the model knows it for others.
    """
    added = [str(exchange.arguments["node-name"]) for exchange in trace.exchanges if exchange.command == "blockdev-add"]
    held = {name.rpartition("-hold")[0] for name in added if "-hold" in name}
    full = re.findall(r"^write (\S+) 0\+\d+ pattern=0x11$", text, re.MULTILINE)
    return [
        job
        for job in trace.jobs
        if job.outcome == "cancelled" and (job.node in held or (job.target in held and job.node not in full))
    ]


def _events(trace: Trace, unsure: set[str]) -> dict[str, list[tuple[str, Any]]]:
    """Of each job its events in order; which of two jobs' comes first is no promise."""
    jobs: dict[str, list[tuple[str, Any]]] = {}
    for index, event in enumerate(trace.events):
        if index not in trace.incidental and event.job not in unsure:
            jobs.setdefault(event.job or "", []).append((event.name, dict(event.data)))
    return jobs


async def _contents(session: Session, unsure: set[str | None]) -> dict[str, Any]:
    """Digests of what every node of the script holds."""
    found: dict[str, Any] = {}
    if session.lost:
        return found
    for name in session.names.declared.keys() - unsure:
        try:
            found[name] = _digests(await content(session, name))
        except (GuestError, CommandFailed) as failure:
            found[name] = failure.description
        except HostUnable as failure:
            found[name] = failure.name
    return found


def _digests(held: Any) -> tuple[int, dict[int, bytes]]:
    if isinstance(held, LiveContent):
        return held.size_bytes, held.blocks
    assert isinstance(held, NodeContent)
    data = b"".join(bytes((value or 0,)) * (end - start) for start, end, value in held.runs)
    blocks = {start // BLOCK_BYTES: data[start : start + BLOCK_BYTES] for start in range(0, len(data), BLOCK_BYTES)}
    return held.size_bytes, {
        number: hashlib.blake2b(block, digest_size=16).digest() for number, block in blocks.items() if any(block)
    }


async def _left(session: Session) -> dict[str, list[str]]:
    """What there is at the end beside what the script made itself."""
    if session.lost:
        return {}
    execute = session.backend.execute
    try:
        nodes = await execute("query-named-block-nodes", {"flat": True}, look=True)
        jobs = await execute("query-jobs", {}, look=True)
    except BackendLost as lost:
        return {"lost": [str(lost)]}
    names = session.names
    filters = {name for layer in session.faults.values() for name in layer.filters}
    # The filter of a hold stays as long as a fault lies over it.
    below = {names.beneath.get(name) for name in filters}
    expected = names.declared.keys() | {node.file_node for node in names.declared.values()} | filters | below
    return {
        "jobs": sorted(f"{job['id']} {job['status']}" for job in jobs),
        "nodes": sorted(
            node["node-name"] for node in nodes if node["node-name"] not in expected and node["node-name"][0] != "#"
        ),
        "helpers": [
            bitmap["name"]
            for node in nodes
            for bitmap in node.get("dirty-bitmaps", ())
            if bitmap.get("name", "").startswith("txsh:")
        ],
    }


def _place(span: Span | None) -> tuple[int, int] | None:
    return None if span is None else (span.start, span.end)
