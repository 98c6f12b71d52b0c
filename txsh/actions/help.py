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


def help_text(verb: Action | Verb) -> str:
    """All about one verb, as plain text."""
    return "\n".join(_lines(verb)) + "\n"


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
        yield f"  {name:<{_COLUMN}}{param.summary}{_choices(param)}"


def _choices(param: Param) -> str:
    return f" ({', '.join(param.choices)})" if param.choices and not shows_choices(param) else ""


def _code(text: str) -> str:
    return "`" + text.replace("|", "\\|") + "`"


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
