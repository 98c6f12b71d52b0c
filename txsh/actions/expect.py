"""expect: look now and compare. The kind comes first; every member named must be equal, unnamed ones are free."""

from __future__ import annotations

from txsh.actions.base import Kind, Param, Verb
from txsh.actions.objection import exclusive
from txsh.actions.step import Expect
from txsh.syntax.diagnostic import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.base import BoundCall
    from txsh.actions.step import Step

_BITMAP = Param("target", Kind.BITMAP, "the bitmap", operand=True, required=True)
_EVENT = (
    Param("event", Kind.EVENT, "QMP's name of the event", operand=True, required=True),
    Param("members", Kind.MEMBERS, "members of the event's data, by QMP's names"),
)
_OUTCOMES = ("completed", "failed", "cancelled")
# Source: qapi/job.json, JobStatus; ``undefined`` and ``null`` are never seen by a client that looks.
_STATES = ("created", "running", "paused", "ready", "standby", "waiting", "pending", "aborting", "concluded")

FORMS = {
    "bitmap": (
        _BITMAP,
        Param("dirty", Kind.RANGES, "its dirty bytes, exactly"),
        Param("count", Kind.SIZE, "QEMU's count of dirty bytes"),
        Param("recording", Kind.BOOLEAN, "whether it records writes"),
        Param("busy", Kind.BOOLEAN, "whether something uses it"),
        Param("persistent", Kind.BOOLEAN, "whether it is stored in the image"),
        Param("inconsistent", Kind.BOOLEAN, "whether it was not stored properly"),
    ),
    "no bitmap": (_BITMAP,),
    "job": (
        Param("job", Kind.JOB, "the newest job of that id", operand=True, required=True),
        Param("state", Kind.CHOICE, "how it ended, or its state", operand=True, choices=_OUTCOMES + _STATES),
        Param("error", Kind.STRING, "the error of a failed one; * matches anything", operand=True),
        Param("offset", Kind.SIZE, "how much of it is done"),
    ),
    "node": (
        Param("node", Kind.NODE, "the node", operand=True, required=True),
        Param("backing", Kind.NODE, "the node it is an overlay of"),
        Param("readonly", Kind.BOOLEAN, "whether it is open read-only"),
    ),
    "no node": (Param("node", Kind.STRING, "a node's name", operand=True, required=True),),
    "event": _EVENT,
    "no event": _EVENT,
    "data": (
        Param("node", Kind.NODE, "the node", operand=True, required=True),
        Param("range", Kind.RANGE, "where to look, with pattern=", operand=True),
        Param("pattern", Kind.BYTE, "the byte that is everywhere in the range"),
        Param("same", Kind.CONTENT, "the node, or remembered name, that holds the same"),
    ),
    "group": (
        Param("outcome", Kind.CHOICE, "how it ended", operand=True, required=True, choices=("committed", "cancelled")),
        Param("reason", Kind.STRING, "why it was cancelled; * matches anything", operand=True),
    ),
    "reply": (
        Param("members", Kind.PATHS, "members of the last raw 'qmp's reply, return.0.status=... or error.class=..."),
    ),
}


def _steps(call: BoundCall) -> tuple[Step, ...]:
    return (Expect(call.form.replace(" ", "-"), call.values, call.spans, call.span, call.fails),)


def _objections(call: BoundCall) -> tuple[Diagnostic, ...]:
    if call.form == "data":
        return _data_objections(call)
    if call.form == "reply" and not call.values.get("members"):
        message = "'expect reply' needs a member to look at"
        label = "such as return.0.status=running, or error.class=GenericError"
        return (Diagnostic("missing-option", message, call.span, label),)
    if call.form == "job" and "error" in call.values and call.values["state"] != "failed":
        return (_without_error(call, "error", "failed"),)
    if call.form == "group" and "reason" in call.values and call.values["outcome"] != "cancelled":
        return (_without_error(call, "reason", "cancelled"),)
    return ()


def _data_objections(call: BoundCall) -> tuple[Diagnostic, ...]:
    if "same" in call.spans:
        return exclusive(call, "same", ("range", "pattern"), "it compares all of the node")
    missing = [name for name in ("range", "pattern") if name not in call.spans]
    if not missing:
        return ()
    message = "'expect data' needs same=, or a range and pattern="
    return (Diagnostic("missing-option", message, call.span, "what should the node hold?"),)


def _without_error(call: BoundCall, name: str, outcome: str) -> Diagnostic:
    message = f"only a {outcome} {call.form} has a text"
    return Diagnostic("too-many-operands", message, call.spans[name], f"write it after '{outcome}'")


VERB = Verb(
    verb="expect",
    summary="Look now and compare; a difference fails the script.",
    params=(),
    steps=_steps,
    forms=FORMS,
    refusable=False,
    objections=_objections,
)
