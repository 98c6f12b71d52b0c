"""A fault as blkdebug's rules. Pure.

A filter over a target sees guest offsets and both kinds of writing. One under a qcow2 image also sees the format's own
metadata; its rules wake at the events that the format sends before it moves guest data.
Source: block/blkdebug.c, rule_check and process_rule; block/qcow2.c for the events.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from txsh.actions.step import Fault

SECTOR_BYTES = 512

_OVER = {"read": ("read",), "write": ("write", "write-zeroes"), "flush": ("flush",)}


def rules(step: Fault, offset: int | None, *, under: bool) -> dict[str, Any]:
    """The options of the filter.

    Args:
        offset: where it strikes, in bytes of the node below the filter; None: anywhere.
    """
    del under
    rule: dict[str, Any] = {"event": "none", "errno": getattr(errno, step.errno)}
    if offset is not None:
        rule["sector"] = offset // SECTOR_BYTES
    if step.once:
        rule["once"] = True
    return {"inject-error": [{**rule, "iotype": kind} for kind in _OVER[step.operation]]}
