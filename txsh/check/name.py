"""Reads words that stand for names: nodes, jobs, bitmaps, errnos, one of a few words.

A name with a dot in it stands in quotes, because an unquoted dot separates a node from its bitmap.
"""

from __future__ import annotations

from txsh.check.hint import closest, did_you_mean
from txsh.model.identifier import NODE_NAME_LENGTH_MAX
from txsh.model.reference import BitmapRef
from txsh.syntax.diagnostic import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from txsh.syntax.tree import Word

_BITMAP_PARTS = 2


def read_name(word: Word, what: str, report: list[Diagnostic]) -> str | None:
    """A name that is one part; `what` it is, such as "a node's name"."""
    if len(word.parts) > 1:
        message = f"not {what}: '{word.span.text}' has a dot outside of quotes"
        label: str | None = f'write {word.parts[0].span.text}, or "{word.text}" if that is its name'
        advice = None
        if "/" in word.text:
            message, label = f"not {what}: '{word.span.text}' is a path", None
            advice = "a backup goes to a node, and the images of a run are made for it: target NAME SIZE"
        report.append(Diagnostic("not-a-name", message, word.span, label, advice))
        return None
    return word.text


def read_bitmap(word: Word, report: list[Diagnostic]) -> BitmapRef | None:
    """``NODE.BITMAP``."""
    parts = word.parts
    if len(parts) == _BITMAP_PARTS and all(part.text or part.quoted for part in parts):
        return BitmapRef(parts[0].text, parts[1].text)
    if len(parts) == 1:
        reason, label = f"'{word.text}' has no dot", "write NODE.BITMAP"
    elif len(parts) > _BITMAP_PARTS:
        reason, label = f"'{word.span.text}' has {len(parts)} parts", "put a name that has dots in quotes"
    elif parts[0].text or parts[0].quoted:
        reason, label = "the bitmap's name is missing after the dot", "write NODE.BITMAP"
    else:
        reason, label = "the node's name is missing before the dot", "write NODE.BITMAP"
    report.append(Diagnostic("not-a-bitmap", f"not a bitmap: {reason}", word.span, label))
    return None


def read_bitmap_name(word: Word, report: list[Diagnostic]) -> str | None:
    """The name of a bitmap whose node is known from elsewhere."""
    if len(word.parts) == 1:
        return word.text
    message = f"'{word.span.text}' names a node too: the node is the one that the action is about"
    label = f"write {word.parts[1].span.text}" if len(word.parts) == _BITMAP_PARTS else "put the name in quotes"
    report.append(Diagnostic("not-a-name", message, word.span, label))
    return None


def read_choice(word: Word, name: str, choices: Iterable[str], report: list[Diagnostic]) -> str | None:
    """One of a few words."""
    choices = tuple(choices)
    if word.text in choices:
        return word.text
    listed = " or ".join(filter(None, (", ".join(choices[:-1]), choices[-1])))
    meant = did_you_mean(word.text, choices)
    label, advice = (f"use {listed}", None) if meant is None else (meant, f"use {listed}")
    report.append(Diagnostic("unknown-choice", f"{name} cannot be '{word.text}'", word.span, label, advice))
    return None


def read_errno(word: Word, report: list[Diagnostic]) -> str | None:
    """The name of an errno, such as ``ENOSPC``."""
    import errno  # noqa: PLC0415  # only a script with a fault needs it

    names = errno.errorcode.values()
    if word.text in names:
        return word.text
    number = int(word.text) if word.text.isdecimal() and len(word.text) < len("1000") else None
    meant = closest(word.text.upper(), sorted(names)) if number is None else errno.errorcode.get(number)
    label = "use a name such as EIO or ENOSPC" if meant is None else f"did you mean '{meant}'?"
    report.append(Diagnostic("unknown-errno", f"no errno is called '{word.text}'", word.span, label))
    return None


def node_name_fault(name: str) -> str | None:
    """Why QEMU takes no node of that name; None when it does.

    Source: util/id.c, id_wellformed: a letter, then letters, digits and ``-._``, all ASCII.
    """
    if not name:
        return "it is empty"
    if not (name[0].isascii() and name[0].isalpha()):
        return "it must begin with a letter from A to Z"
    for letter in name:
        if not (letter.isascii() and (letter.isalnum() or letter in "-._")):
            return f"'{letter}' is none of the letters, digits, '-', '.' and '_' that it may have"
    if len(name) > NODE_NAME_LENGTH_MAX:
        return f"it has {len(name)} letters, the most is {NODE_NAME_LENGTH_MAX}"
    return None
