"""``txsh help [VERB ...]``: the verbs of the language, and what raw QMP takes."""

from __future__ import annotations

from txsh.actions.base import Verb
from txsh.actions.help import TRANSACTION, help_text, overview
from txsh.actions.registry import by_qmp, find, names
from txsh.cli.arguments import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from txsh.cli.arguments import Arguments
    from txsh.cli.output import Output


def main(arguments: Arguments, output: Output) -> int:
    """Print the help of each verb, command of QMP or its type; without one, what verbs there are.

    Raises:
        UsageError: there is nothing of that name.
    """
    if arguments.operands:
        output.write("\n".join([_help_of(verb) for verb in _verbs(arguments.operands)]))
    else:
        output.write(f"{overview()}\n'txsh help VERB' tells all about one; so it does about a command of QMP.\n")
    return 0


def _verbs(words: Sequence[str]) -> list[str]:
    """The words without the kind behind a verb that has kinds, ``expect no bitmap``: its help tells all of them."""
    verbs: list[str] = []
    left = list(words)
    while left:
        verbs.append(left.pop(0))
        found = find(verbs[-1])
        for form in () if found is None or not isinstance(found, Verb) else found.forms:
            kind = form.split()
            if left[: len(kind)] == kind:
                del left[: len(kind)]
                break
    return verbs


def _help_of(verb: str) -> str:
    if verb == "transaction":
        return TRANSACTION
    found = find(verb) or by_qmp(verb)
    return _help_of_qmp(verb) if found is None else help_text(found)


def _help_of_qmp(name: str) -> str:
    from txsh.actions.help_qmp import qmp_help, qmp_names
    from txsh.syntax.suggest import suggest

    found = qmp_help(name)
    if found is None:
        meant = suggest(name, ("transaction", *names(), *qmp_names()))
        advice = f"did you mean '{meant}'?" if meant else "'txsh help' lists the verbs"
        raise UsageError(f"no verb is called '{name}'", advice)
    return found
