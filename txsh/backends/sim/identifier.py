"""What QEMU takes as an id. Source: QEMU util/id.c."""

from __future__ import annotations


def wellformed(name: str) -> bool:
    """Whether it is a letter followed by letters, digits, ``-``, ``.`` and ``_``, all of them ASCII."""
    if not (name.isascii() and name[:1].isalpha()):
        return False
    return all(character.isalnum() or character in "-._" for character in name)
