"""The C library's getopt, as far as qemu-io uses it: options of one letter, anywhere among the other words."""

from __future__ import annotations


def getopt(words: list[str], letters: str) -> tuple[dict[str, str], list[str]] | None:
    """Options with their values and the other words; None when an option is unknown or lacks its value.

    Args:
        letters: the options known; a colon behind one says that it has a value.
    """
    options: dict[str, str] = {}
    others: list[str] = []
    remaining = list(words)
    while remaining:
        word = remaining.pop(0)
        if word == "--":
            return options, others + remaining
        if not word.startswith("-") or word == "-":
            others.append(word)
            continue
        at = 1
        while at < len(word):
            letter = word[at]
            at += 1
            if letter == ":" or letter not in letters:
                return None
            if not letters.startswith(":", letters.index(letter) + 1):
                options[letter] = ""
                continue
            value, at = word[at:], len(word)
            if not value:
                if not remaining:
                    return None
                value = remaining.pop(0)
            options[letter] = value
    return options, others
