"""bitmap-merge: put the dirty bits of other bitmaps into one."""

from __future__ import annotations

from txsh.actions.base import Action, Kind, Param, Phase, Rollback

ACTION = Action(
    verb="bitmap-merge",
    summary="Put the dirty bits of one or more bitmaps into a bitmap.",
    params=(
        Param(
            "target", Kind.BITMAP, "the bitmap that takes the bits", operand=True, required=True, qmp=("node", "target")
        ),
        Param(
            "from",
            Kind.BITMAP_SOURCES,
            "a bitmap or a list of them; a name without a dot is a bitmap of the same node",
            required=True,
            qmp=("bitmaps",),
        ),
    ),
    qmp="block-dirty-bitmap-merge",
    since="4.0",  # Source: qapi/transaction.json, TransactionActionKind.
    phase=Phase.IMMEDIATE,
    rollback=Rollback.RESTORES,
    shadow="merges",
)
