"""Makes any text fit to print: what a terminal would obey is shown instead."""

from __future__ import annotations


def visible(text: str) -> str:
    r"""The text with every character that does not print written as an escape (``\x1b``).

    Names and messages come from scripts of other people and from QEMU; they must not move a cursor.
    """
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else _escape(letter) for letter in text)


def _escape(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")
