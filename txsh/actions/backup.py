"""backup: start a job that copies a node, or the dirty part of it, to another node."""

from __future__ import annotations

from txsh.actions.base import Action, Kind, Param, Phase, Rollback
from txsh.actions.objection import multiple_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.actions.base import BoundCall
    from txsh.syntax.diagnostic import Diagnostic

_HOLD_UNIT_BYTES = 65536
"""A backup copies whole clusters of at least this size. Source: block/block-copy.c, BLOCK_COPY_CLUSTER_SIZE_DEFAULT."""
_ON_ERROR = ("report", "ignore", "enospc", "stop", "auto")


def scratch_target(node: str) -> str:
    """The name of the target that txsh makes for a backup without ``to=``."""
    return f"{node}-target"


def _with_defaults(data: dict[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Add what QMP would ask for: a job id, a target, and what to copy."""
    sync = "incremental" if "bitmap" in values else "full"
    return {
        "job-id": values["node"],
        "device": values["node"],
        "target": scratch_target(values["node"]),
        "sync": sync,
        **data,
    }


def _objections(call: BoundCall) -> tuple[Diagnostic, ...]:
    return multiple_of(call, "hold", _HOLD_UNIT_BYTES, "a backup stops between clusters only")


ACTION = Action(
    verb="backup",
    summary="Start a job that copies a node, or what a bitmap says is dirty, to another node.",
    params=(
        Param("node", Kind.NODE, "the node to copy", operand=True, required=True, qmp=("device",)),
        Param("to", Kind.TARGET, "the node to copy to; else a scratch target, NODE-target", qmp=("target",)),
        Param(
            "sync",
            Kind.CHOICE,
            "what to copy; else incremental with bitmap=, full without",
            choices=("full", "incremental", "bitmap", "top", "none"),
            qmp=("sync",),
        ),
        Param("bitmap", Kind.BITMAP_NAME, "a bitmap of that node: what to copy, or to update", qmp=("bitmap",)),
        Param(
            "bitmap-mode",
            Kind.CHOICE,
            "what the bitmap holds after the job",
            choices=("on-success", "never", "always"),
            qmp=("bitmap-mode",),
        ),
        Param("job", Kind.NEW_JOB, "the job's id; else the node's name", qmp=("job-id",)),
        Param("hold", Kind.SIZE, "stop when exactly this much is copied, until 'release'; a multiple of 64K"),
        Param("speed", Kind.SIZE, "bytes a second; 0 is unlimited", qmp=("speed",)),
        Param("compress", Kind.BOOLEAN, "compress what is written", qmp=("compress",)),
        Param("on-source-error", Kind.CHOICE, "what a read error does", choices=_ON_ERROR, qmp=("on-source-error",)),
        Param("on-target-error", Kind.CHOICE, "what a write error does", choices=_ON_ERROR, qmp=("on-target-error",)),
        Param(
            "on-cbw-error",
            Kind.CHOICE,
            "what a failing copy before a guest's write breaks",
            choices=("break-guest-write", "break-snapshot"),
            qmp=("on-cbw-error",),
            since="11.1",
        ),
        Param("auto-finalize", Kind.BOOLEAN, "end by itself, true if not given", qmp=("auto-finalize",)),
        Param(
            "auto-dismiss", Kind.BOOLEAN, "vanish by itself when it has ended, true if not given", qmp=("auto-dismiss",)
        ),
        Param("filter-node-name", Kind.NEW_NODE, "a name for the filter above the node", qmp=("filter-node-name",)),
        Param(
            "discard-source",
            Kind.BOOLEAN,
            "discard in the source what was copied",
            qmp=("discard-source",),
            since="9.1",
        ),
        Param("x-perf.use-copy-range", Kind.BOOLEAN, "use copy offloading", qmp=("x-perf.use-copy-range",)),
        Param("x-perf.max-workers", Kind.INTEGER, "requests in flight at most", qmp=("x-perf.max-workers",)),
        Param("x-perf.max-chunk", Kind.SIZE, "bytes of one request at most; 0 is no limit", qmp=("x-perf.max-chunk",)),
        Param(
            "x-perf.min-cluster-size",
            Kind.SIZE,
            "what is copied at least, a power of two",
            qmp=("x-perf.min-cluster-size",),
            since="9.2",
        ),
    ),
    qmp="blockdev-backup",
    since="2.3",  # Source: qapi/transaction.json, TransactionActionKind.
    phase=Phase.STARTS_JOB,
    rollback=Rollback.CANCELS,
    shadow="backs-up",
    rename=_with_defaults,
    objections=_objections,
    loses=((("target",), "overwrites"), (("device", "bitmap"), "when it succeeds, empties")),
)
