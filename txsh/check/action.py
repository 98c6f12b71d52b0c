"""Binds one action: from its words to the QMP it becomes, and the scratch target that a backup may need."""

from __future__ import annotations

from txsh.actions.base import BoundCall, Kind
from txsh.actions.step import BoundAction, MakeNode
from txsh.check.bind import bind_arguments
from txsh.check.lookup import spelled_params
from txsh.check.mention import Mention
from txsh.check.name import node_name_fault
from txsh.syntax.diagnostic import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, NamedTuple

    from txsh.actions.base import Action, Param
    from txsh.check.bind import Bound
    from txsh.check.names import Names
    from txsh.syntax.source import Span
    from txsh.syntax.tree import Call
else:
    from txsh.named import NamedTuple


class ActionBinding(NamedTuple):
    """An action as bound, without regard to what exists.

    Args:
        bound: None when a word was wrong.
        target: the target that the user did not name, or None.
    """

    bound: BoundAction | None
    mentions: Sequence[Mention]
    target: _Scratch | None = None


class _Scratch(NamedTuple):
    name: str
    node: str
    span: Span


def bind_action(action: Action, call: Call, report: list[Diagnostic]) -> ActionBinding:
    """Read the words of an action and make its QMP."""
    size = len(report)
    spelled = call.verb != action.verb
    params = spelled_params(action) if spelled else action.params
    bound = bind_arguments(call.verb, params, call.arguments, call.verb_span, report)
    if not all(param.name in bound.values for param in params if param.required):
        return ActionBinding(None, bound.mentions)
    if action.objections is not None:
        report += action.objections(BoundCall(bound.values, bound.spans, call.span, None))
    arguments = _arguments(params, bound.values)
    if action.rename is not None and not spelled:
        arguments = action.rename(arguments, bound.values)
    mentions = [*bound.mentions, *_unsaid(params, bound, arguments, call.span)]
    if len(report) > size:
        # What it would have made is declared all the same, so that one mistake is told once.
        return ActionBinding(None, mentions)
    hold_bytes = bound.values.get("hold")
    made = BoundAction(action, arguments, call.span, hold_bytes, _member_spans(params, bound))
    return ActionBinding(made, mentions, None if spelled else _scratch(params, made, call.verb_span))


def implied_target(binding: ActionBinding, names: Names, report: list[Diagnostic]) -> MakeNode | None:
    """The scratch target to make before an action; None when it needs none, or has it already."""
    scratch = binding.target
    # A source that does not exist is refused before its target is looked at.
    if scratch is None or names.has_node(scratch.name) or not names.has_node(scratch.node):
        return None
    fault = node_name_fault(scratch.name)
    if fault is not None:
        message = f"no scratch target can be called '{scratch.name}': {fault}"
        report.append(Diagnostic("bad-node-name", message, scratch.span, "say where to: to=NODE"))
        return None
    names.check([Mention(Kind.NEW_NODE, scratch.name, scratch.span)], report)
    return MakeNode(scratch.name, "target", None, scratch.span, size_of=scratch.node, implied=True)


def _arguments(params: Sequence[Param], values: Mapping[str, Any]) -> dict[str, Any]:
    """QMP's data: each value at its member, nested ones inside their structures."""
    data: dict[str, Any] = {}
    for param in params:
        if param.name not in values or not param.qmp:
            continue
        value = values[param.name]
        for member, part in zip(param.qmp, value if len(param.qmp) > 1 else (value,), strict=True):
            *outer, last = member.split(".")
            place = data
            for name in outer:
                place = place.setdefault(name, {})
            place[last] = part
    return data


def _member_spans(params: Sequence[Param], bound: Bound) -> dict[str, Span]:
    """Where each QMP member was written, and each option that is none, such as `hold=`."""
    return {
        member: bound.spans[param.name]
        for param in params
        if param.name in bound.spans
        for member in param.qmp or (param.name,)
    }


def _unsaid(params: Sequence[Param], bound: Bound, arguments: Mapping[str, Any], span: Span) -> list[Mention]:
    """Jobs that get their names by default."""
    return [
        Mention(Kind.NEW_JOB, arguments[param.qmp[0]], span)
        for param in params
        if param.kind == Kind.NEW_JOB and param.name not in bound.values and param.qmp[0] in arguments
    ]


def _scratch(params: Sequence[Param], made: BoundAction, span: Span) -> _Scratch | None:
    for param in params:
        if param.kind == Kind.TARGET and param.qmp[0] not in made.spans:
            node = next(other for other in params if other.kind == Kind.NODE)
            return _Scratch(made.arguments[param.qmp[0]], made.arguments[node.qmp[0]], span)
    return None
