"""What QEMU takes as the name of a node, a job or an export."""

from __future__ import annotations

NODE_NAME_LENGTH_MAX = 31
"""Source: include/block/block_int-common.h, ``node_name[32]``, its last byte a NUL."""


def is_well_formed(name: str) -> bool:
    """Whether it is a letter followed by letters, digits, ``-``, ``.`` and ``_``, all of them ASCII.

    Source: util/id.c, id_wellformed.
    """
    if not (name.isascii() and name[:1].isalpha()):
        return False
    return all(letter.isalnum() or letter in "-._" for letter in name)
