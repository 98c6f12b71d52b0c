"""Finds the verb that a call names, in the place where it stands."""

from __future__ import annotations

from txsh.actions.base import Action, Kind, Param
from txsh.actions.registry import ACTIONS, by_qmp, find, names
from txsh.check.hint import did_you_mean
from txsh.syntax.diagnostic import Diagnostic
from txsh.syntax.tree import Word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from txsh.actions.base import Verb
    from txsh.syntax.source import Span
    from txsh.syntax.tree import Argument, Call, LeftOut


def find_action(call: Call, report: list[Diagnostic]) -> Action | None:
    """The action that a call inside a transaction names, by txsh's word or by QMP's."""
    found = find(call.verb) or by_qmp(call.verb)
    if isinstance(found, Action):
        return found
    if found is None:
        report.append(_unknown_action(call.verb, call.verb_span))
    else:
        message = f"'{call.verb}' is a statement, not an action, and cannot stand in a transaction"
        advice = f"actions are {', '.join(ACTIONS)}"
        report.append(Diagnostic("not-an-action", message, call.verb_span, "put it before or after", advice))
    return None


def find_statement(call: Call, report: list[Diagnostic]) -> Action | Verb | None:
    """What a call that is a statement of its own names."""
    found = find(call.verb) or by_qmp(call.verb)
    if found is None:
        report.append(_unknown_verb(call.verb, call.verb_span))
    elif isinstance(found, Action) and not found.alone:
        message = f"'{call.verb}' makes sense in a transaction only"
        label = f"write transaction < ...; {call.verb} >"
        report.append(Diagnostic("only-in-transaction", message, call.verb_span, label))
        return None
    return found


def find_form(
    call: Call, forms: Mapping[str, tuple[Param, ...]], report: list[Diagnostic]
) -> tuple[str, tuple[Argument, ...]] | None:
    """The kind that the first word or two of a call name, and the arguments after it."""
    words: list[str] = []
    for argument in call.arguments[:2]:
        if not isinstance(argument, Word) or argument.quoted:
            break
        words.append(argument.text)
    for count in (2, 1):
        form = " ".join(words[:count])
        if len(words) >= count and form in forms:
            return form, call.arguments[count:]
    advice = f"the kinds are {', '.join(forms)}"
    if not words:
        message = f"{call.verb} needs a kind first"
        report.append(Diagnostic("missing-operand", message, call.verb_span, None, advice))
        return None
    # Behind `no` the second word is what may be misspelled.
    count = min(len(words), 2 if words[0] == "no" else 1)
    wrong = " ".join(words[:count])
    span = call.arguments[0].span.to(call.arguments[count - 1].span)
    label = did_you_mean(wrong, forms) or _bitmap_meant(call, forms)
    report.append(Diagnostic("unknown-kind", f"{call.verb} knows no '{wrong}'", span, label, advice))
    return None


def _bitmap_meant(call: Call, forms: Iterable[str]) -> str | None:
    """A reference where the kind belongs: it can only be a bitmap's."""
    word = call.arguments[0]
    if isinstance(word, Word) and len(word.parts) > 1 and "bitmap" in forms:
        return f"did you mean '{call.verb} bitmap {word.span.text}'?"
    return None


def spelled_params(action: Action) -> tuple[Param, ...]:
    """The parameters of an action that is spelled by QMP's own name: options only, called as in QMP."""
    return tuple(_spelled(action))


def _spelled(action: Action) -> Iterator[Param]:
    for param in action.params:
        if len(param.qmp) > 1:
            node, name = param.qmp
            yield Param(node, Kind.NODE, "the node", required=True, qmp=(node,))
            yield Param(name, Kind.STRING, "the bitmap's name", required=True, qmp=(name,))
        elif param.qmp:
            kind = Kind.STRING if param.kind == Kind.BITMAP_NAME else param.kind
            yield param._replace(name=param.qmp[0], kind=kind, operand=False)


def unknown_verb_of(statement: LeftOut) -> Diagnostic | None:
    """What is wrong with the first word of a statement that could not be read; None when there is such a verb."""
    if find(statement.verb) or by_qmp(statement.verb):
        return None
    return (_unknown_action if statement.in_block else _unknown_verb)(statement.verb, statement.verb_span)


def _unknown_action(verb: str, span: Span) -> Diagnostic:
    label = did_you_mean(verb, (*ACTIONS, *ACTIONS.values()))
    advice = None if label else f"actions are {', '.join(ACTIONS)}"
    return Diagnostic("unknown-verb", f"no action is called '{verb}'", span, label, advice)


def _is_command(word: str) -> bool:
    """Whether some QEMU has a command of that name."""
    from txsh.schema.recorded import recorded  # noqa: PLC0415  # a correct script never needs it
    from txsh.schema.table import command  # noqa: PLC0415  # the same

    return any(command(version, "qemu-system", word) for version in recorded("qemu-system"))


def _unknown_verb(verb: str, span: Span) -> Diagnostic:
    label = did_you_mean(verb, ("transaction", *names(), *ACTIONS.values()))
    advice = None if label else "'txsh help' lists the verbs"
    if _is_command(verb):
        label, advice = None, f"it is a command of QMP: qmp {verb}"
    return Diagnostic("unknown-verb", f"no verb is called '{verb}'", span, label, advice)
