"""What to tell of a text in which statements could not be read: what is wrong with it, and not what only follows.

Knows no verb and no name; it compares what the parser says with what the binder says.
"""

from __future__ import annotations

import re

from txsh.check.lookup import unknown_verb_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from txsh.syntax.diagnostic import Diagnostic
    from txsh.syntax.tree import LeftOut, Script

_OF_NAMES = frozenset({"unknown-node", "unknown-job"})
_WORD = re.compile(r"[^\s;<>\[\]{}(),=\".]+")


def causes(script: Script, mistakes: Sequence[Diagnostic], findings: Sequence[Diagnostic]) -> list[Diagnostic]:
    """The mistakes of the parser and the findings of the binder together, in the order of the text, without echoes.

    A statement whose verb does not exist is not judged further: it may be right in another language. A name that is not
    known because the statement that would have made it could not be read is not told again.
    """
    told = [finding for finding in findings if not _is_echo(finding, script.left_out)]
    echoes: set[Diagnostic] = set()
    for statement in script.left_out:
        unknown = unknown_verb_of(statement)
        if unknown is not None and not _has_mistake(unknown, mistakes):
            echoes.add(statement.mistake)
            if unknown not in told:
                told.append(unknown)
    told = [finding for finding in told if not _has_mistake(finding, mistakes)]
    told += [mistake for mistake in mistakes if mistake not in echoes]
    return sorted(told, key=lambda diagnostic: diagnostic.span.start)


def _has_mistake(finding: Diagnostic, mistakes: Iterable[Diagnostic]) -> bool:
    """Whether it is about a word that is not as it should be written: a name with a hidden letter exists nowhere."""
    place = finding.span
    return any(place.start <= mistake.span.start < place.end for mistake in mistakes)


def _is_echo(finding: Diagnostic, left_out: Iterable[LeftOut]) -> bool:
    place = finding.span
    if finding.name == "no-reply":
        return any(statement.verb == "qmp" and statement.span.end <= place.start for statement in left_out)
    if finding.name not in _OF_NAMES:
        return False
    return any(
        statement.span.end <= place.start and place.text in _WORD.findall(statement.span.text) for statement in left_out
    )
