"""``txsh help [VERB ...]``: the verbs of the language."""

from __future__ import annotations

from txsh.actions.help import TRANSACTION, help_text, overview
from txsh.actions.registry import by_qmp, find, names
from txsh.cli.arguments import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.cli.arguments import Arguments
    from txsh.cli.output import Output


def main(arguments: Arguments, output: Output) -> int:
    """Print the help of each verb, txsh's name or QMP's; without one, what verbs there are.

    Raises:
        UsageError: there is no such verb.
    """
    if arguments.operands:
        output.write("\n".join([_help_of(verb) for verb in arguments.operands]))
    else:
        output.write(f"{overview()}\n'txsh help VERB' tells all about one.\n")
    return 0


def _help_of(verb: str) -> str:
    if verb == "transaction":
        return TRANSACTION
    found = find(verb) or by_qmp(verb)
    if found is None:
        from txsh.syntax.suggest import suggest

        meant = suggest(verb, ("transaction", *names()))
        advice = f"did you mean '{meant}'?" if meant else "'txsh help' lists the verbs"
        raise UsageError(f"no verb is called '{verb}'", advice)
    return help_text(found)
