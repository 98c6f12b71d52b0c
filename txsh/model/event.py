"""Events as QEMU sends them, and one command with its answer; plain values, no I/O."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, NamedTuple
else:
    from txsh.named import NamedTuple


class Event(NamedTuple):
    """One QMP event.

    Args:
        time_us: When it came: microseconds, virtual in the simulator, of the process's wall clock live.
        name: QMP's name, such as ``JOB_STATUS_CHANGE``.
        data: QMP's ``data``, ``{}`` when there is none.
    """

    time_us: int
    name: str
    data: Mapping[str, Any]

    @property
    def job(self) -> str | None:
        """The id of the job that the event is about; None when it is about no job."""
        value = self.data.get("id") if self.name.startswith("JOB_") else self.data.get("device", self.data.get("id"))
        return value if isinstance(value, str) else None


class QmpError(NamedTuple):
    """An error reply: QMP's ``class`` and ``desc``, letter for letter."""

    error_class: str
    description: str
