"""What help says about a command of QMP that is no verb, or about one of its types: the recorded schema, as text."""

from __future__ import annotations

from textwrap import wrap

from txsh.schema.describe import describe
from txsh.schema.recorded import nearest_table, recorded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from txsh.schema.describe import Description, MemberDescription

_PROGRAM = "qemu-system"
_COLUMN = 26
_WIDTH = 120


def qmp_help(name: str) -> str | None:
    """All about a command or an object, by the newest recorded QEMU that has it; None when none has."""
    for version in reversed(recorded(_PROGRAM)):
        found = describe(version, _PROGRAM, name)
        if found is not None:
            is_command = nearest_table(version, _PROGRAM).command(name) is not None
            return "\n".join(_lines(found, version, is_command=is_command)) + "\n"
    return None


def qmp_names() -> list[str]:
    """The names of all commands of the newest recorded QEMU."""
    return nearest_table(recorded(_PROGRAM)[-1], _PROGRAM).commands()


def _lines(found: Description, version: tuple[int, int], *, is_command: bool) -> Iterator[str]:
    what = "a command of QMP" if is_command else "an object of QMP"
    yield f"{found.name}: {what}, as QEMU {_numbers(version)} has it{_noted(*_notes(found))}"
    yield ""
    if is_command:
        yield f"qmp {found.name}{' MEMBER=VALUE ...' if found.members else ''}"
    for member in found.members:
        yield from _entry(_word(member), _told(member))
    for case, name in found.cases.items():
        yield from _entry(f"{found.tag}={case}", f"the members of {name} too")
    if found.returns is not None:
        yield ""
        yield from _entry("returns", _named(*found.returns))


def _entry(word: str, told: str) -> Iterator[str]:
    """A word and what is told of it; a long word has its line to itself."""
    lines = wrap(told, _WIDTH - _COLUMN - 2, break_on_hyphens=False)
    if len(word) >= _COLUMN:
        yield f"  {word}"
    else:
        yield f"  {word:<{_COLUMN}}{lines.pop(0)}"
    for line in lines:
        yield f"  {'':<{_COLUMN}}{line}"


def _word(member: MemberDescription) -> str:
    return f"{member.name}." if member.takes == "an object" else f"{member.name}="


def _told(member: MemberDescription) -> str:
    optional = ("optional",) if member.optional else ()
    return _named(member.takes, member.type) + _noted(*optional, *_notes(member))


def _named(takes: str, name: str) -> str:
    """What a type takes, with the name to ask help for where that is an object."""
    return f"{takes}: {name.strip('[]')}" if "an object" in takes else takes


def _notes(found: Description | MemberDescription) -> Iterator[str]:
    if found.since:
        yield f"since {_numbers(found.since)}"
    if found.unstable:
        yield "unstable"
    if found.deprecated:
        yield "deprecated"


def _noted(*notes: str) -> str:
    return f" ({', '.join(notes)})" if notes else ""


def _numbers(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
