"""Colours for words whose meaning the word itself carries; without colour the text is the same."""

from __future__ import annotations

_CODES = {
    "completed": "32",
    "committed": "32",
    "passed": "1;32",
    "failed": "31",
    "refused": "31",
    "lost": "31",
    "cancelled": "33",
    "skipped": "33",
    "dim": "2",
    "bold": "1",
}


class Paint:
    """Colours text, or leaves it alone.

    Args:
        color: whether the reader takes colours.
    """

    __slots__ = ("_color",)

    def __init__(self, *, color: bool) -> None:
        self._color = color

    def __call__(self, style: str, text: str) -> str:
        """The text in the colour of an outcome, or of ``dim`` and ``bold``; other styles leave it as it is."""
        code = _CODES.get(style)
        return f"\x1b[{code}m{text}\x1b[0m" if self._color and code else text
