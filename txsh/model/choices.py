"""Choices: everything that is uncertain in a run, as one list of small numbers.

A run with the same choices is the same run. Knows nothing of what is chosen.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class Choices:
    """Answers "which of these" from a list, then with 0; remembers every answer that was not forced.

    Attributes:
        taken: what was chosen so far, in order: (name of the question, number of options, chosen index).
    """

    __slots__ = ("_given", "taken")

    def __init__(self, given: Sequence[int] = ()) -> None:
        self._given = list(given)
        self.taken: list[tuple[str, int, int]] = []

    def pick(self, name: str, count: int) -> int:
        """Choose one of `count` options; no question is recorded when there is only one.

        Raises:
            ValueError: the given list names an option that does not exist here.
        """
        if count <= 1:
            return 0
        index = len(self.taken)
        chosen = self._given[index] if index < len(self._given) else 0
        if not 0 <= chosen < count:
            raise ValueError(f"choice {index} ({name}) is {chosen}, but there are {count} options")
        self.taken.append((name, count, chosen))
        return chosen
