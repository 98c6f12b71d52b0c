"""QEMU's integer types and what each takes. Knows no messages.

Source: qapi/qapi-visit-core.c (narrow types are read as 64 bits and compared), qapi/qobject-input-visitor.c.
"""

from __future__ import annotations

_SIGNED = (-(1 << 63), (1 << 63) - 1)
_UNSIGNED = (-(1 << 63), (1 << 64) - 1)
_BOUNDS = {
    "int": _SIGNED,
    "int8": (-(1 << 7), (1 << 7) - 1),
    "int16": (-(1 << 15), (1 << 15) - 1),
    "int32": (-(1 << 31), (1 << 31) - 1),
    "int64": _SIGNED,
    "uint8": (0, (1 << 8) - 1),
    "uint16": (0, (1 << 16) - 1),
    "uint32": (0, (1 << 32) - 1),
    "uint64": _UNSIGNED,
    "size": _UNSIGNED,
}


def is_integer(name: str) -> bool:
    """Whether a type is one of QEMU's integers, of whatever width."""
    return name in _BOUNDS


def is_signed(name: str) -> bool:
    """Whether QEMU reads it as a signed number first."""
    return name.startswith("int")


def bounds_of(name: str) -> tuple[int, int] | None:
    """The least and the most that a type takes; None when it is no integer type.

    Unsigned numbers of 64 bits may be negative, too: they are taken modulo 2 to the 64.
    """
    return _BOUNDS.get(name)


def widest(name: str) -> tuple[int, int]:
    """The least and the most that QEMU can read where this type stands, before it looks at the width."""
    return _SIGNED if is_signed(name) else _UNSIGNED
