"""`expect reply`: the reply of the last raw `qmp` has these members."""

from __future__ import annotations

from txsh.session.expect.evidence import last_events
from txsh.session.refusal import StatementFailed, matches
from txsh.syntax.diagnostic import Diagnostic, Note

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.actions.step import Expect
    from txsh.session.session import Session


_ANYTHING = "*"
"""Says only that there is such a member."""


class _Missing(Exception):
    """A path leads nowhere; `reached` is what it has come to, `rest` what it goes on with."""

    def __init__(self, reached: Any, rest: str) -> None:
        super().__init__(rest)
        self.reached = reached
        self.rest = rest


async def check(session: Session, step: Expect) -> None:
    """Compare.

    Raises:
        StatementFailed: a member is different or missing.
    """
    assert session.reply is not None
    _, reply = session.reply
    for path, wanted in step.values["members"].items():
        try:
            found = _member(reply, path)
        except _Missing as missing:
            raise _failure(session, step, path, _why(missing, reply)) from None
        if not _same(found, wanted):
            from txsh.session.reply_text import excerpt

            text = f"{path} is {excerpt(found)} instead of {_written(wanted)}"
            raise _failure(session, step, path, (text, f"expected {_written(wanted)}, actual {excerpt(found)}"))


def _member(value: Any, path: str) -> Any:
    """What a dotted path leads to; a member's own name may have dots in it."""
    if not path:
        return value
    steps = path.split(".")
    if isinstance(value, list):
        if steps[0].isdecimal() and int(steps[0]) < len(value):
            return _member(value[int(steps[0])], ".".join(steps[1:]))
        raise _Missing(value, path)
    if isinstance(value, dict):
        for count in range(len(steps), 0, -1):
            name = ".".join(steps[:count])
            if name in value:
                return _member(value[name], ".".join(steps[count:]))
    raise _Missing(value, path)


def _same(found: Any, wanted: Any) -> bool:
    """Whether a member is what was written; a bare word is read by the type of what is there."""
    from txsh.schema.scalar import Quoted

    if wanted == _ANYTHING and not isinstance(wanted, Quoted):
        return True
    if isinstance(found, str):
        return isinstance(wanted, str) and matches(wanted, found)
    if isinstance(wanted, Quoted) or not isinstance(wanted, str):
        return type(found) is type(wanted) and bool(found == wanted)
    if found is None or isinstance(found, bool):
        return wanted == {None: "null", True: "true", False: "false"}[found]
    return isinstance(found, int | float) and _is_number(wanted, found)


def _is_number(word: str, found: float) -> bool:
    from txsh.model.size import parse_size

    if parse_size(word.removeprefix("-")) == abs(found):
        return word.startswith("-") == (found < 0)
    try:
        return float(word) == found
    except ValueError:
        return False


def _why(missing: _Missing, reply: Mapping[str, Any]) -> tuple[str, str]:
    """What a path has found instead: the message and the label."""
    from txsh.session.reply_text import excerpt

    name, _, _ = missing.rest.partition(".")
    reached = missing.reached
    if isinstance(reached, dict):
        label = f"it has {', '.join(reached)}" if reached else "it has no members"
    elif isinstance(reached, list):
        count = len(reached)
        label = f"it has {count} item{'' if count == 1 else 's'}, counted from 0" if count else "it has no items"
    else:
        label = f"it is {excerpt(reached)}"
    return f"the reply has no '{name}' there: {excerpt(reply)}", label


def _written(wanted: Any) -> str:
    from txsh.schema.scalar import Quoted
    from txsh.session.reply_text import excerpt

    return wanted if isinstance(wanted, str) and not isinstance(wanted, Quoted) else excerpt(wanted)


def _failure(session: Session, step: Expect, path: str, why: tuple[str, str]) -> StatementFailed:
    assert session.reply is not None
    origin, _ = session.reply
    message, label = why
    notes = (Note("this command was answered so", origin),)
    return StatementFailed(
        Diagnostic("expectation-failed", message, step.spans[path], label, last_events(session), notes)
    )
