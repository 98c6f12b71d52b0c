"""QEMU's rate limit: so many bytes a slice, and a pause that pays for what was too much.

Source: QEMU include/qemu/ratelimit.h.
"""

from __future__ import annotations

SLICE_US = 100_000
SECOND_US = 1_000_000


class RateLimit:
    """A speed in bytes a second, 0 for none."""

    __slots__ = ("_dispatched", "_quota", "_slice_end_us", "_slice_start_us", "speed")

    def __init__(self) -> None:
        self.speed = 0
        self._quota = 0
        self._slice_start_us = 0
        self._slice_end_us = 0
        self._dispatched = 0

    def set_speed(self, speed: int) -> None:
        """Change the speed; what was dispatched in this slice still counts."""
        self.speed = speed
        self._quota = max(speed * SLICE_US // SECOND_US, 1) if speed else 0

    def delay_us(self, amount: int, now_us: int) -> int:
        """Account for so many bytes and say how long to wait, in microseconds."""
        if not self.speed:
            return 0
        if self._slice_end_us < now_us:
            self._slice_start_us = now_us
            self._slice_end_us = now_us + SLICE_US
            self._dispatched = 0
        self._dispatched += amount
        if self._dispatched < self._quota:
            return 0
        slices = self._dispatched / self._quota
        self._slice_end_us = self._slice_start_us + int(slices * SLICE_US)
        return self._slice_end_us - now_us
