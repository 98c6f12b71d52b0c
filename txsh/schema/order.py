"""Which of several unexpected members QEMU names: the first in the order of GLib's hash table.

QEMU puts the names of an object's members into a GHashTable, takes out those it reads, and names the first that is
left. That order follows from the names alone, so it can be computed.

Source: qapi/qobject-input-visitor.c, qobject/qdict.c (order of filling); GLib 2.58 and later, glib/ghash.c.
"""

from __future__ import annotations

from functools import lru_cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_WORD = 0xFFFFFFFF
_SHIFT_MIN = 3
_PRIMES = (1, 2, 3, 7, 13, 31, 61, 127, 251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521, 131071)
_DICT_BUCKETS = 512
_SIGN = 0x80
_NAMES_MAX = 4096
"""Of members, whose hashes are kept: the same few come again and again."""


def first_left(names: Iterable[str], read: Iterable[str]) -> str | None:
    """The name QEMU finds first among those it has not read; None when it has read all.

    Args:
        names: members of the object, in the order of the text.
        read: what was taken out, in that order.
    """
    table = _Table()
    for name in dict_order(names):
        table.insert(name)
    for name in read:
        table.remove(name)
    return table.first()


class _Table:
    """GLib's open-addressing table, as far as its order goes."""

    def __init__(self) -> None:
        self._shift = _SHIFT_MIN
        self._slots: list[tuple[int, str] | bool | None] = [None] * (1 << _SHIFT_MIN)
        self._count = 0
        self._occupied = 0  # names and tombstones; a tombstone is False

    def insert(self, name: str) -> None:
        hashed = _name_hash(name)
        index = self._find(hashed, name)
        if self._slots[index] is None:
            self._occupied += 1
        self._slots[index] = (hashed, name)
        self._count += 1
        self._resize_if_needed()

    def remove(self, name: str) -> None:
        index = self._find(_name_hash(name), name)
        if isinstance(self._slots[index], tuple):
            self._slots[index] = False
            self._count -= 1
            self._resize_if_needed()

    def first(self) -> str | None:
        return next((slot[1] for slot in self._slots if isinstance(slot, tuple)), None)

    def _find(self, hashed: int, name: str) -> int:
        index = self._index(hashed)
        tombstone, step = None, 0
        while (slot := self._slots[index]) is not None:
            if slot == (hashed, name):
                return index
            if slot is False and tombstone is None:
                tombstone = index
            step += 1
            index = (index + step) & (len(self._slots) - 1)
        return index if tombstone is None else tombstone

    def _index(self, hashed: int) -> int:
        return (hashed * 11 & _WORD) % _PRIMES[self._shift]

    def _resize_if_needed(self) -> None:
        size = len(self._slots)
        too_large = size > self._count * 4 and size > 1 << _SHIFT_MIN
        if too_large or size <= self._occupied + self._occupied // 16:
            self._resize()

    def _resize(self) -> None:
        self._shift = max(int(self._count * 1.333).bit_length(), _SHIFT_MIN)
        old, self._slots = self._slots, [None] * (1 << self._shift)
        moved = [False] * max(len(old), len(self._slots))
        waiting = old + [None] * (len(self._slots) - len(old))
        for start in range(len(old)):
            carried = waiting[start]
            if moved[start] or not isinstance(carried, tuple):
                continue
            waiting[start] = None
            while isinstance(carried, tuple):
                index, step = self._index(carried[0]), 0
                while moved[index]:
                    step += 1
                    index = (index + step) & (len(self._slots) - 1)
                moved[index] = True
                self._slots[index] = carried
                # A place that an old name still holds is taken over; that name is placed next.
                carried, waiting[index] = waiting[index], None
        self._occupied = self._count


def _encoded(name: str) -> bytes:
    """Modified UTF-8, as QEMU holds names: no byte of it is 0."""
    return name.encode(errors="surrogatepass").replace(b"\0", b"\xc0\x80")


def _name_hash(name: str) -> int:
    value = 5381
    for byte in _encoded(name):
        value = (value * 33 + (byte if byte < _SIGN else byte - 2 * _SIGN)) & _WORD
    return max(value, 2)


def dict_order(names: Iterable[str]) -> list[str]:
    """The order in which QEMU walks an object with these members, which is also that of its ``json:`` filenames."""
    buckets: dict[int, list[str]] = {}
    for name in names:
        buckets.setdefault(_dict_hash(name) % _DICT_BUCKETS, []).insert(0, name)
    return [name for bucket in sorted(buckets) for name in buckets[bucket]]


@lru_cache(maxsize=_NAMES_MAX)
def _dict_hash(name: str) -> int:
    text = _encoded(name)
    value = 0x238F13AF * len(text) & _WORD
    for index, byte in enumerate(text):
        value = (value + (byte << (index * 5 % 24))) & _WORD
    return (1103515243 * value + 12345) & _WORD
