"""A trace as one JSON value, ``txsh-trace/1``: documented in docs/trace.md, described by trace-1.schema.json.

The format only grows: members are added, never changed or taken away. Nothing in it depends on when or where a
simulated run was made.
"""

from __future__ import annotations

from txsh import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from txsh.model.event import Event
    from txsh.model.state import BitmapInfo
    from txsh.model.trace import Change, Exchange, GroupRecord, JobRecord, StatementRecord, Trace
    from txsh.syntax.diagnostic import Diagnostic
    from txsh.syntax.source import Source, Span

SCHEMA = "txsh-trace/1"


def trace_object(trace: Trace, script: str, exit_code: int, diagnostics: Sequence[Diagnostic] = ()) -> dict[str, Any]:
    """The value of a run.

    Args:
        script: what the script is called: a file's name as given, ``<stdin>`` or ``<command line>``.
        exit_code: what txsh exits with if this is its only script.
        diagnostics: found before the run; they stand before those of the trace.
    """
    version = f"{trace.version[0]}.{trace.version[1]}"
    return {
        **_head(script, trace.backend, exit_code),
        "qemu": {"version": version, "program": trace.program},
        "sources": list(map(_source, trace.sources)),
        "statements": list(map(_statement, trace.statements)),
        "exchanges": list(map(_exchange, trace.exchanges)),
        "events": [_event(event, index in trace.incidental) for index, event in enumerate(trace.events)],
        "jobs": list(map(_job, trace.jobs)),
        "groups": list(map(_group, trace.groups)),
        "bitmaps_before": _bitmaps(trace.bitmaps_before),
        "bitmaps": None if trace.bitmaps is None else _bitmaps(trace.bitmaps),
        "extents": {name: list(map(_extent, extents)) for name, extents in trace.extents.items()},
        "choices": [
            {"question": question, "options": options, "chosen": chosen} for question, options, chosen in trace.choices
        ],
        "stderr": trace.stderr,
        "folder": trace.folder,
        "diagnostics": [_diagnostic(diagnostic) for diagnostic in (*diagnostics, *trace.diagnostics)],
        "verdict": trace.verdict._asdict(),
    }


def unrun_object(
    script: str,
    backend: str,
    exit_code: int,
    reason: str,
    *,
    word: str = "failed",
    name: str | None = None,
    sources: Sequence[Source] = (),
    diagnostics: Sequence[Diagnostic] = (),
) -> dict[str, Any]:
    """The value of a script of which nothing was run: it is wrong, unreadable, or its backend did not open.

    Args:
        backend: as asked for.
        reason: why, in one line.
        word: of the verdict.
        name: of the diagnostic that says why the backend could not be opened, if it has one.
    """
    lists: dict[str, Any] = {name: [] for name in ("statements", "exchanges", "events", "jobs", "groups")}
    return {
        **_head(script, backend, exit_code),
        "qemu": None,
        "sources": list(map(_source, sources)),
        **lists,
        "bitmaps_before": {},
        "bitmaps": None,
        "extents": {},
        "choices": [],
        "stderr": None,
        "folder": None,
        "diagnostics": list(map(_diagnostic, diagnostics)),
        "verdict": {"word": word, "reason": reason, "unknown": None, **({} if name is None else {"name": name})},
    }


def _head(script: str, backend: str, exit_code: int) -> dict[str, Any]:
    return {"schema": SCHEMA, "txsh": __version__, "script": script, "backend": backend, "exit_code": exit_code}


def _source(source: Source) -> dict[str, Any]:
    return {"file": source.name, "text": source.text}


def _span(span: Span | None) -> dict[str, Any] | None:
    """Lines and columns from 1, columns in code points; the end is the first place behind."""
    if span is None:
        return None
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(span.end)
    return {
        "file": span.source.name,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
    }


def _statement(record: StatementRecord) -> dict[str, Any]:
    refusal = record.refusal
    return {
        "span": _span(record.span),
        "verb": record.verb,
        "outcome": record.outcome,
        "refusal": None if refusal is None else {"class": refusal.error_class, "desc": refusal.description},
        "culprit": _span(record.culprit),
        "changes": list(map(_change, record.changes)),
        "output": record.output,
        "started_us": record.started_us,
        "ended_us": record.ended_us,
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "name": change.name,
        "before": _state(change.before),
        "after": _state(change.after),
    }


def _state(state: BitmapInfo | str | None) -> dict[str, Any] | str | None:
    return state if state is None or isinstance(state, str) else _bitmap(state)


def _bitmaps(bitmaps: Mapping[str, BitmapInfo]) -> dict[str, Any]:
    return {name: _bitmap(info) for name, info in bitmaps.items()}


def _bitmap(bitmap: BitmapInfo) -> dict[str, Any]:
    return bitmap._asdict()


def _extent(extent: tuple[int, int]) -> dict[str, int]:
    start, end = extent
    return {"offset": start, "length": end - start}


def _exchange(exchange: Exchange) -> dict[str, Any]:
    error = exchange.error
    answer = {"return": exchange.reply} if error is None else {"error": {"class": error[0], "desc": error[1]}}
    return {
        "span": _span(exchange.span),
        "command": exchange.command,
        "arguments": exchange.arguments,
        **answer,
        "look": exchange.look,
        "time_us": exchange.time_us,
    }


def _event(event: Event, incidental: bool) -> dict[str, Any]:  # noqa: FBT001  # private, and named by its caller
    return {"time_us": event.time_us, "event": event.name, "data": event.data, "incidental": incidental}


def _job(record: JobRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "type": record.type,
        "span": _span(record.span),
        "node": record.node,
        "target": record.target,
        "group": record.group,
        "statuses": record.statuses,
        "outcome": record.outcome,
        "error": record.error,
        "reason": record.reason,
        "failed_operation": record.failed_operation,
        "offset": record.offset,
        "length": record.length,
        "speed": record.speed,
    }


def _group(group: GroupRecord) -> dict[str, Any]:
    return {
        "span": _span(group.span),
        "cancel": group.cancel,
        "by": group.by,
        "jobs": list(group.jobs),
        "outcome": group.outcome,
        "reason": group.reason,
    }


def _diagnostic(diagnostic: Diagnostic) -> dict[str, Any]:
    return {
        "name": diagnostic.name,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "span": _span(diagnostic.span),
        "label": diagnostic.label,
        "help": diagnostic.help,
        "notes": [{"message": note.message, "span": _span(note.span)} for note in diagnostic.notes],
    }
