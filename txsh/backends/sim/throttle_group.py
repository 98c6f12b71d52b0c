"""Throttle groups: leaky buckets that say how long a request has to wait. Knows nothing of nodes.

Source: QEMU util/throttle.c, block/throttle-groups.c.
"""

from __future__ import annotations

from txsh.backends.base import CommandFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.backends.sim.world import World

VALUE_MAX = 10**15
SECOND_US = 1_000_000
KINDS = ("bps-total", "bps-read", "bps-write", "iops-total", "iops-read", "iops-write")


class Bucket:
    """One of a group's six.

    Attributes:
        average: units a second; 0 is no limit.
        most: units a second in a burst, 0 where there are none.
        burst_seconds: how long a burst may last.
        level: units in it.
        burst_level: units of the burst in it.
    """

    __slots__ = ("average", "burst_level", "burst_seconds", "level", "most")

    def __init__(self, average: int, most: int, burst_seconds: int) -> None:
        self.average = average
        self.most = most
        self.burst_seconds = burst_seconds
        self.level = 0.0
        self.burst_level = 0.0

    def leak(self, passed_us: int) -> None:
        """Let out what goes in that time."""
        self.level = max(self.level - self.average * passed_us / SECOND_US, 0.0)
        if self.burst_seconds > 1:
            self.burst_level = max(self.burst_level - self.most * passed_us / SECOND_US, 0.0)

    def add(self, units: float) -> None:
        """Put a request in."""
        self.level += units
        if self.burst_seconds > 1:
            self.burst_level += units

    def wait_us(self) -> int:
        """How long until the next request may go."""
        if not self.average:
            return 0
        size = self.most * self.burst_seconds if self.most else self.average / 10
        if self.level > size:
            return int((self.level - size) * SECOND_US / self.average)
        if self.burst_seconds > 1 and self.burst_level > self.most / 10:
            return int((self.burst_level - self.most / 10) * SECOND_US / self.most)
        return 0


class ThrottleGroup:
    """One object of that type.

    Attributes:
        members: how many nodes are in it.

    Raises:
        CommandFailed: limits that exclude one another.
    """

    kind = "throttle-group"
    __slots__ = ("_buckets", "_leaked_us", "_request_bytes", "id", "members", "world")

    def __init__(self, world: World, object_id: str, settings: Mapping[str, Any]) -> None:
        self.world = world
        self.id = object_id
        self.members = 0
        self._leaked_us = world.loop.now_us
        limits: Mapping[str, int] = settings.get("limits", {})
        told = {name.removeprefix("x-"): value for name, value in settings.items() if name.startswith("x-")}
        if any(value < 0 for value in told.values()):
            raise CommandFailed("GenericError", "Property values cannot be negative")
        told |= limits
        self._buckets = {
            kind: Bucket(told.get(kind, 0), told.get(f"{kind}-max", 0), told.get(f"{kind}-max-length", 1))
            for kind in KINDS
        }
        self._request_bytes: int = told.get("iops-size", 0)
        self._check()

    def delete(self) -> None:
        """Go away.

        Raises:
            CommandFailed: a node is in it.
        """
        if self.members:
            raise CommandFailed("GenericError", self.world.profile.throttle_group_used.format(self.id))

    def wait_us(self, direction: str) -> int:
        """How long a request of that direction (``read`` or ``write``) has to wait now."""
        now_us = self.world.loop.now_us
        passed_us, self._leaked_us = now_us - self._leaked_us, now_us
        for bucket in self._buckets.values():
            bucket.leak(passed_us)
        return max(
            self._buckets[f"{unit}-{what}"].wait_us() for unit in ("bps", "iops") for what in ("total", direction)
        )

    def account(self, direction: str, length: int) -> None:
        """A request goes."""
        operations = 1.0
        if self._request_bytes and length > self._request_bytes:
            operations = length / self._request_bytes
        for what in ("total", direction):
            self._buckets[f"bps-{what}"].add(length)
            self._buckets[f"iops-{what}"].add(operations)

    def _check(self) -> None:
        """Source: throttle_is_valid."""
        for member in ("average", "most"):
            for unit in ("bps", "iops"):
                total, read, write = (
                    getattr(self._buckets[f"{unit}-{what}"], member) for what in ("total", "read", "write")
                )
                if total and (read or write):
                    raise CommandFailed(
                        "GenericError",
                        "bps/iops/max total values and read/write values cannot be used at the same time",
                    )
        if self._request_bytes and not any(
            self._buckets[f"iops-{what}"].average for what in ("total", "read", "write")
        ):
            raise CommandFailed("GenericError", "iops size requires an iops value to be set")
        for bucket in self._buckets.values():
            refused = _refusal(bucket)
            if refused:
                raise CommandFailed("GenericError", refused)


def _refusal(bucket: Bucket) -> str | None:
    if not (0 <= bucket.average <= VALUE_MAX and 0 <= bucket.most <= VALUE_MAX):
        return f"bps/iops/max values must be within [0, {VALUE_MAX}]"
    if not bucket.burst_seconds:
        return "the burst length cannot be 0"
    if bucket.burst_seconds > 1 and not bucket.most:
        return "burst length set without burst rate"
    if bucket.most and bucket.burst_seconds > VALUE_MAX // bucket.most:
        return "burst length too high for this burst rate"
    if bucket.most and not bucket.average:
        return "bps_max/iops_max require corresponding bps/iops values"
    if bucket.most and bucket.most < bucket.average:
        return "bps_max/iops_max cannot be lower than bps/iops"
    return None
