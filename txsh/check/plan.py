"""Turns a tree into a plan: every call bound to its verb, in order, and every mistake found on the way.

Nothing here raises for a wrong script; a plan comes back only when there is no error.
"""

from __future__ import annotations

from txsh.actions.base import Action, BoundCall, Kind, Param
from txsh.actions.objection import exclusive
from txsh.actions.step import Act, Plan, Refusal, Transact
from txsh.check.action import bind_action, implied_target
from txsh.check.bind import bind_arguments
from txsh.check.known import Known
from txsh.check.lookup import find_action, find_form, find_statement
from txsh.check.names import Names
from txsh.check.since import too_new
from txsh.syntax.diagnostic import Diagnostic
from txsh.syntax.tree import Call

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from txsh.actions.base import Verb
    from txsh.actions.step import MakeNode, Step
    from txsh.check.action import ActionBinding
    from txsh.check.mention import Mention
    from txsh.syntax.tree import Fails, Script, Statement, Transaction

NOTHING_KNOWN = Known()

_TRANSACTION_PARAMS = (
    Param("cancel", Kind.CHOICE, "what a failure cancels", choices=("none", "jobs", "all")),
    Param("completion-mode", Kind.CHOICE, "QEMU's own mode", choices=("individual", "grouped")),
)


def bind(script: Script, *, known: Known = NOTHING_KNOWN) -> tuple[Plan | None, list[Diagnostic]]:
    """Bind a whole script.

    Args:
        known: names that exist before it, and the QEMU that it is for.

    Returns:
        The plan, or None when there is an error; and everything that was found, in the order of the script.
    """
    binder = _Binder(known)
    for statement in script.statements:
        binder.add(statement)
    failed = any(finding.severity == "error" for finding in binder.report)
    plan = None if failed else Plan(tuple(binder.steps), (script.source,))
    return plan, sorted(binder.report, key=lambda finding: finding.span.start)


class _Binder:
    """Binds statement after statement; holds the steps, the findings and the names so far."""

    def __init__(self, known: Known) -> None:
        self.steps: list[Step] = []
        self.report: list[Diagnostic] = []
        self._known = known
        self._has_reply = known.has_reply
        self._names = Names(known)

    def add(self, statement: Statement) -> None:
        """Bind one statement and put its steps behind those before."""
        if not isinstance(statement, Call):
            self._add_transaction(statement)
            return
        found = find_statement(statement, self.report)
        if isinstance(found, Action):
            self._add_action(found, statement)
        elif found is not None:
            self._add_verb(found, statement)

    def _add_verb(self, verb: Verb, call: Call) -> None:
        if verb.raw:
            self._add_raw(verb, call)
            return
        size = len(self.report)
        title, form, params, arguments = verb.verb, "", verb.params, call.arguments
        if verb.forms:
            found = find_form(call, verb.forms, self.report)
            if found is None:
                return
            form, arguments = found
            title, params = f"{verb.verb} {form}", verb.forms[form]
        bound = bind_arguments(title, params, arguments, call.verb_span, self.report)
        if not verb.refusable and call.fails is not None:
            message = f"{verb.verb} is never refused, so 'fails' cannot follow it"
            self.report.append(Diagnostic("never-refused", message, call.fails.span, "take it away"))
        self._check_names(bound.mentions, call.fails)
        if len(self.report) > size:
            return
        typed = BoundCall(bound.values, bound.spans, call.span, _refusal(call.fails), form)
        if verb.objections is not None:
            self.report.extend(verb.objections(typed))
        if form == "reply" and not self._has_reply:
            message = "'expect reply' looks at the reply of the last raw 'qmp', and there is none before it"
            self.report.append(Diagnostic("no-reply", message, call.span, "write qmp COMMAND before it"))
        if len(self.report) == size:
            self.steps.extend(verb.steps(typed))

    def _add_raw(self, verb: Verb, call: Call) -> None:
        from txsh.check.raw import bind_raw  # noqa: PLC0415  # few scripts have one

        # One that is wrong would have had a reply, too.
        self._has_reply = True
        bound = bind_raw(call, self._known, self.report)
        if bound is None:
            return
        self.steps.extend(verb.steps(bound._replace(fails=_refusal(call.fails))))
        self._names.take_raw(bound.values["command"], bound.values["arguments"], call.span, refused=bool(call.fails))

    def _add_action(self, action: Action, call: Call) -> None:
        binding = bind_action(action, call, self.report)
        made = self._settle((binding,), call.fails)
        if binding.bound is not None:
            self.steps += [*made, Act(binding.bound, call.span, _refusal(call.fails))]

    def _add_transaction(self, transaction: Transaction) -> None:
        place = transaction.keyword_span
        bound = bind_arguments("transaction", _TRANSACTION_PARAMS, transaction.options, place, self.report)
        options = BoundCall(bound.values, bound.spans, transaction.span, None)
        self.report += exclusive(options, "completion-mode", ("cancel",), "one is QEMU's own promise, the other txsh's")
        bindings = []
        for call in transaction.calls:
            action = find_action(call, self.report)
            if action is not None:
                bindings.append(bind_action(action, call, self.report))
        made = self._settle(bindings, transaction.fails)
        actions = tuple(binding.bound for binding in bindings if binding.bound is not None)
        step = Transact(
            actions,
            bound.values.get("cancel", "none"),
            bound.values.get("completion-mode"),
            transaction.span,
            place,
            _refusal(transaction.fails),
        )
        self.steps += [*made, step]

    def _settle(self, bindings: Iterable[ActionBinding], fails: Fails | None) -> list[MakeNode]:
        """Check the names of a statement's actions, in order; return the scratch targets that they need."""
        made = []
        for binding in bindings:
            self._check_names(binding.mentions, fails)
            if binding.bound is not None and fails is None:
                self.report += too_new(binding.bound, self._known.version)
            target = implied_target(binding, self._names, self.report)
            if target is not None:
                made.append(target)
        return made

    def _check_names(self, mentions: Iterable[Mention], fails: Fails | None) -> None:
        if fails is None:
            self._names.check(mentions, self.report)
            return
        for mention in mentions:
            # A refused statement makes no node, but the jobs that it prepared were seen.
            if mention.role == Kind.NEW_JOB:
                self._names.declare(mention)


def _refusal(fails: Fails | None) -> Refusal | None:
    if fails is None:
        return None
    return Refusal(None if fails.pattern is None else fails.pattern.text, fails.span)
