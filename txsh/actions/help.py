"""What help and the documents say about the verbs, made from the registry and nothing else."""

from __future__ import annotations

from txsh.actions.base import Action
from txsh.actions.registry import every
from txsh.actions.usage import shows_choices, usage, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from txsh.actions.base import Param, Verb

_COLUMN = 26
"""Where summaries begin."""

_VERB_COLUMN = 16
"""The same in the list of all verbs."""


def help_text(verb: Action | Verb) -> str:
    """All about one verb, as plain text."""
    return "\n".join(_lines(verb)) + "\n"


TRANSACTION = """\
transaction: Send several actions as one; when one is refused, none of them happens.

transaction < ACTION; ACTION ... >
  cancel=none|jobs|all      what a job that fails later cancels: nothing, the other jobs, or the bitmap actions too;
                            none if not given
  completion-mode=individual|grouped
                            QEMU's own promise instead, exactly as this QEMU keeps it

The actions stand on one line, divided by ';', or on lines of their own; '<' stands on the line of 'transaction'.
"""
"""The same for the one statement that is no verb of the registry."""

_FAILS = """\
Behind a statement, or behind the '>' of a transaction, fails "DESCRIPTION" says that it must be refused; '*' in the
description matches anything.
"""


def overview() -> str:
    """All verbs with what they do, as plain text."""
    actions = [verb for verb in every() if isinstance(verb, Action)]
    statements = [verb for verb in every() if not isinstance(verb, Action)]
    head, _, _ = TRANSACTION.partition("\n")
    lines = [
        "Statements:",
        f"  {'transaction':<{_VERB_COLUMN}}{head.removeprefix('transaction: ')}",
        *_summaries(statements),
        "",
        "Actions, in a transaction or (all but abort) alone:",
        *_summaries(actions),
        "",
        _FAILS,
    ]
    return "\n".join(lines)


def statement_table() -> str:
    """The verbs that are statements of txsh itself, as a Markdown table."""
    rows = [(_code(usage(verb.verb, verb.params)), verb.summary) for verb in every() if not isinstance(verb, Action)]
    return _table(("statement", "what it does"), rows)


def action_table() -> str:
    """The actions, with what QEMU calls them, when they take effect and what a refusal restores, in Markdown."""
    rows = [
        (_code(usage(verb.verb, verb.params)), _code(verb.qmp), verb.summary, verb.phase, verb.rollback)
        for verb in every()
        if isinstance(verb, Action)
    ]
    return _table(("action", "QMP", "what it does", "effect", "when the transaction is refused"), rows)


def _summaries(verbs: Iterable[Action | Verb]) -> Iterator[str]:
    for verb in verbs:
        yield f"  {verb.verb:<{_VERB_COLUMN}}{verb.summary}"


def _lines(verb: Action | Verb) -> Iterator[str]:
    yield f"{verb.verb}: {verb.summary}"
    yield ""
    if isinstance(verb, Action):
        yield from _param_lines(verb.verb, verb.params)
        yield ""
        yield f"  QMP        {verb.qmp}, in a transaction since QEMU {verb.since}"
        yield f"  stands     {'in a transaction or alone' if verb.alone else 'in a transaction only'}"
        yield f"  effect     {verb.phase}"
        yield f"  rollback   {verb.rollback}"
    elif verb.forms:
        for form, params in verb.forms.items():
            yield from _param_lines(f"{verb.verb} {form}", params)
    else:
        yield from _param_lines(verb.verb, verb.params)
    if verb.details:
        yield ""
        yield verb.details


def _param_lines(title: str, params: tuple[Param, ...]) -> Iterator[str]:
    yield usage(title, params)
    for param in params:
        name = word(param)
        if len(name) >= _COLUMN:
            yield f"  {name}"
            name = ""
        since = f"; since QEMU {param.since}" if param.since else ""
        yield f"  {name:<{_COLUMN}}{param.summary}{_choices(param)}{since}"


def _choices(param: Param) -> str:
    return f" ({', '.join(param.choices)})" if param.choices and not shows_choices(param) else ""


def _code(text: str) -> str:
    return "`" + text.replace("|", "\\|") + "`"


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
