"""The QMP commands that are modelled, one file per command or small family, found here by QMP name.

A module has ``COMMANDS`` (name -> function of world and arguments) and, where a transaction takes it, ``ACTIONS``
(name -> class with prepare, commit, abort, clean).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

MODULES: dict[str, tuple[str, ...]] = {
    "abort": ("abort",),
    "bitmap_add": ("block-dirty-bitmap-add",),
    "bitmap_clear": ("block-dirty-bitmap-clear",),
    "bitmap_merge": ("block-dirty-bitmap-merge",),
    "bitmap_record": ("block-dirty-bitmap-enable", "block-dirty-bitmap-disable"),
    "bitmap_remove": ("block-dirty-bitmap-remove",),
    "bitmap_sha256": ("x-debug-block-dirty-bitmap-sha256",),
    "block_resize": ("block_resize",),
    "blockdev": ("blockdev-add", "blockdev-del"),
    "blockdev_backup": ("blockdev-backup",),
    "blockdev_create": ("blockdev-create",),
    "blockdev_reopen": ("blockdev-reopen",),
    "drive_backup": ("drive-backup",),
    "export": ("nbd-server-start", "nbd-server-stop", "block-export-add", "block-export-del", "query-block-exports"),
    "human_monitor": ("human-monitor-command",),
    "job": (
        "job-cancel",
        "job-pause",
        "job-resume",
        "job-finalize",
        "job-dismiss",
        "job-complete",
        "block-job-cancel",
        "block-job-pause",
        "block-job-resume",
        "block-job-finalize",
        "block-job-dismiss",
        "block-job-complete",
        "block-job-set-speed",
        "block-job-change",
    ),
    "nbd_server": ("nbd-server-add", "nbd-server-remove"),
    "object": ("object-add", "object-del", "query-iothreads", "x-blockdev-set-iothread"),
    "process": ("stop", "cont", "quit", "qmp_capabilities", "query-status", "query-name", "query-version"),
    "query_block": ("query-block", "query-named-block-nodes"),
    "query_graph": ("x-debug-query-block-graph",),
    "query_jobs": ("query-jobs", "query-block-jobs"),
    "query_schema": ("query-commands", "query-qmp-schema"),
    "transaction": ("transaction",),
}
"""Module -> the commands and actions in it."""

_MODULE_OF = {name: module for module, names in MODULES.items() for name in names}


def module_of(name: str) -> ModuleType | None:
    """The module of a command or action, imported when first asked for; None when there is no model."""
    module = _MODULE_OF.get(name)
    if module is None:
        return None
    # The statement itself, and not importlib, whose own import costs a start-up as much as a command's file.
    found: ModuleType = __import__(f"{__package__}.{module}", fromlist=[module])
    return found
