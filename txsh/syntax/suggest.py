"""What a wrong word was probably meant to be. Knows no words of its own."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_LETTERS_MIN = 3
_LETTERS_MAX = 64
_SLIPS_BY_LETTERS = ((4, 1), (8, 2))
_SLIPS_MAX = 3


def suggest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that a word is most likely a misspelling of; None when none is close.

    A slip is a letter too many, too few, another one, or two that changed places; short words may have one, long ones
    three. Among equally close candidates the first one wins.
    """
    if not _LETTERS_MIN <= len(word) <= _LETTERS_MAX:
        return None
    slips_max = next((slips for letters, slips in _SLIPS_BY_LETTERS if len(word) <= letters), _SLIPS_MAX)
    best, best_slips = None, slips_max + 1
    for candidate in candidates:
        if abs(len(candidate) - len(word)) < best_slips:
            found = slips(word.casefold(), candidate.casefold())
            if found < best_slips:
                best, best_slips = candidate, found
    return best


def slips(left: str, right: str) -> int:
    """How many slips turn one text into the other: the optimal string alignment distance."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for place, letter in enumerate(left):
        before, above, row = row, before, [place + 1]
        for column, other in enumerate(right):
            cost = min(before[column] + (letter != other), before[column + 1] + 1, row[column] + 1)
            if place and column and letter == right[column - 1] and other == left[place - 1]:
                cost = min(cost, above[column - 1] + 1)
            row.append(cost)
    return row[-1]
