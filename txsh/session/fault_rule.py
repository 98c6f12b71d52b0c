"""A fault as blkdebug's rules. Pure.

A filter over a target sees offsets of the guest and nothing but what was asked of the target. One under a qcow2 image
sees the format's metadata too: its rules wake at the event that the format sends with each piece of guest data, and
sleep after it, so that metadata is never what fails. A place (`at=`) is one of guest data in itself.

Rules that count are steps: state 1, 2, ... as accesses pass, errors in the state after the last of them.
Source: block/blkdebug.c, process_rule (an event makes its own rules the only active ones, in the state before it) and
rule_check; block/io.c, bdrv_aligned_pwritev, for pwritev, pwritev_zero and pwritev_done; block/qcow2.c and
block/raw-format.c for read_aio, write_aio and flush_to_disk.
"""

from __future__ import annotations

import errno

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from txsh.actions.step import Fault

    Rule = dict[str, Any]

SECTOR_BYTES = 512
_NOWHERE = 2**53
"""A sector that no image has: a rule for it fails nothing, but its event puts the others to sleep."""

FLUSHES_MAX = 8
"""A fault of all flushes under a drive fails so many in a row; the next one passes, until something is written. Without
an end the filter could never be taken away: QEMU flushes a node before it exchanges its file, and gives up when that
fails. Source: block.c, bdrv_reopen_prepare."""

_KINDS = {"read": ("read",), "write": ("write", "write-zeroes"), "flush": ("flush",)}
_WRITE_EVENTS = {"write": "pwritev", "write-zeroes": "pwritev_zero"}


def needs_format_over(step: Fault, *, sees_metadata: bool) -> bool:
    """Whether a raw node must lie over the filter, to tell it of the reads and flushes that it has to count."""
    return not sees_metadata and step.after > 0 and step.operation != "write"


def listens(step: Fault, *, sees_metadata: bool) -> bool:
    """Whether the rules of a filter under a node go by events that only the node right above sends it.

    Source: block.c, bdrv_debug_event: an event goes to one node; blkdebug does not hand it on.
    """
    if step.at_bytes is not None or step.operation == "flush":
        return False
    return sees_metadata or (step.operation == "read" and step.after > 0)


def rules(step: Fault, offset: int | None, *, under: bool, sees_metadata: bool) -> dict[str, list[Rule]]:
    """The options of the filter.

    Args:
        offset: where it strikes, in bytes of the node below the filter; None: anywhere. Not together with `after`.
        under: the filter lies between a node and its file.
        sees_metadata: the filter lies under a format with metadata.
    """
    error = {"errno": getattr(errno, step.errno)} | ({"once": True} if step.once else {})
    if offset is not None:
        sector = offset // SECTOR_BYTES
        return {
            "inject-error": [
                {"event": "none", "iotype": kind, "sector": sector, **error} for kind in _KINDS[step.operation]
            ]
        }
    if under and step.operation == "flush" and not sees_metadata:
        return _flushes_under(step.after, error)
    if sees_metadata:
        return _of_data(step.operation, step.after, error)
    if step.operation != "write":
        if step.after == 0:
            return {"inject-error": [{"event": "none", "iotype": step.operation, **error}]}
        event = "read_aio" if step.operation == "read" else "flush_to_disk"
        return _counted([(event, step.operation)], step.after, error)
    if step.after == 0 and not step.once:
        return {"inject-error": [{"event": "none", "iotype": kind, **error} for kind in _KINDS["write"]]}
    return _counted([(event, kind) for kind, event in _WRITE_EVENTS.items()], step.after, error)


def _counted(kinds: list[tuple[str, str]], after: int, error: Rule) -> dict[str, list[Rule]]:
    """Rules for accesses that are told by an event each.

    Args:
        kinds: (event, iotype) of the accesses that match.
    """
    last = after + 1
    states = _ladder([event for event, _ in kinds], after)
    if "once" in error:
        # Whichever of the kinds comes first is the one: the state moves on with it.
        states += [{"event": event, "state": last, "new_state": last + 1} for event, _ in kinds]
    inject = [{"event": event, "state": last, "iotype": iotype, **error} for event, iotype in kinds]
    return _options(inject, states)


def _of_data(operation: str, after: int, error: Rule) -> dict[str, list[Rule]]:
    """Rules under a format, for guest data only."""
    if operation == "flush":
        return _asleep_at(["pwritev"], _flushes_under(after, error))
    if operation == "read":
        return _asleep_at(["l2_load", "refblock_load"], _counted([("read_aio", "read")], after, error))
    # The format tells of the data before it writes it; the filter's own pwritev then comes at once for that very write.
    armed, last = after + 2, after + 1
    states = [*_ladder(["write_aio"], after), {"event": "write_aio", "state": last, "new_state": armed}]
    states.append({"event": "pwritev", "state": armed, "new_state": armed + 1 if "once" in error else last})
    return _asleep_at(
        ["pwritev_done"], _options([{"event": "pwritev", "state": armed, "iotype": "write", **error}], states)
    )


def _flushes_under(after: int, error: Rule) -> dict[str, list[Rule]]:
    """Rules for flushes that come through the node above, and that end some time when nothing is written."""
    if "once" in error:
        return _counted([("flush_to_disk", "flush")], after, error)
    first = after + 1
    failing = range(first, first + FLUSHES_MAX)
    states = _ladder(["flush_to_disk"], first + FLUSHES_MAX - 1)
    states += [{"event": "pwritev", "state": state, "new_state": first} for state in range(first + 1, failing.stop + 1)]
    inject = [{"event": "flush_to_disk", "state": state, "iotype": "flush", **error} for state in failing]
    asleep = {"event": "flush_to_disk", "state": failing.stop, "iotype": "discard", "sector": _NOWHERE}
    return _options([*inject, asleep], states)


def _ladder(events: list[str], steps: int) -> list[Rule]:
    return [
        {"event": event, "state": state, "new_state": state + 1} for state in range(1, steps + 1) for event in events
    ]


def _asleep_at(events: list[str], options: dict[str, list[Rule]]) -> dict[str, list[Rule]]:
    sleepers = [{"event": event, "iotype": "discard", "sector": _NOWHERE} for event in events]
    return {**options, "inject-error": [*options["inject-error"], *sleepers]}


def _options(inject: list[Rule], states: list[Rule]) -> dict[str, list[Rule]]:
    return {"inject-error": inject, "set-state": states} if states else {"inject-error": inject}
