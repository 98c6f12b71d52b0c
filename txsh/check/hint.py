"""What a wrong word was probably meant to be, for the label beside the caret."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that a word is a likely misspelling of; None when there is none."""
    from txsh.syntax.suggest import suggest  # noqa: PLC0415  # a correct script never needs it

    return suggest(word, candidates)


def did_you_mean(word: str, candidates: Iterable[str]) -> str | None:
    """``did you mean 'X'?`` when there is a likely X."""
    meant = closest(word, candidates)
    return None if meant is None else f"did you mean '{meant}'?"
