"""The drivers that the simulator has, by QEMU's names, and the options that each takes."""

from __future__ import annotations

from txsh.backends.base import NotSimulated

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.backends.sim.driver.base import Driver

COMMON = frozenset(
    {"driver", "node-name", "read-only", "discard", "cache", "detect-zeroes", "auto-read-only", "force-share"}
)
DRIVERS: dict[str, tuple[str, str]] = {
    "file": ("file", "FileDriver"),
    "raw": ("raw", "RawDriver"),
    "qcow2": ("qcow2", "Qcow2Driver"),
    "null-co": ("null", "NullCoDriver"),
    "null-aio": ("null", "NullAioDriver"),
    "blkdebug": ("blkdebug", "BlkdebugDriver"),
    "throttle": ("throttle", "ThrottleDriver"),
}
"""Name -> module and class; a module is imported when the first node of it is opened."""


def refuse_unknown(options: Mapping[str, Any]) -> None:
    """Refuse what has no model.

    Raises:
        NotSimulated: a driver or an option without one.
    """
    name: str = options["driver"]
    if name not in DRIVERS:
        raise NotSimulated(f"driver {name}")
    driver = driver_class(name)
    for option in options:
        if option not in COMMON and option not in driver.children and option not in driver.options:
            raise NotSimulated(f"option '{option}' of driver {name}")


def driver_class(name: str) -> type[Driver]:
    """The class of a driver."""
    module, class_name = DRIVERS[name]
    # The statement itself, and not importlib, whose own import costs a start-up as much as a driver's file.
    found = __import__(f"txsh.backends.sim.driver.{module}", fromlist=[module])
    driver: type[Driver] = getattr(found, class_name)
    return driver
