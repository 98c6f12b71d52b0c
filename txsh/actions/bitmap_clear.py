"""bitmap-clear: forget every dirty bit of one bitmap."""

from __future__ import annotations

from txsh.actions.base import Action, Kind, Param, Phase, Rollback

ACTION = Action(
    verb="bitmap-clear",
    summary="Forget every dirty bit of a bitmap.",
    params=(Param("target", Kind.BITMAP, "the bitmap", operand=True, required=True, qmp=("node", "name")),),
    qmp="block-dirty-bitmap-clear",
    since="2.5",  # Source: qapi/transaction.json, TransactionActionKind.
    phase=Phase.IMMEDIATE,
    rollback=Rollback.RESTORES,
    shadow="empties",
    loses=((("node", "name"), "forgets the dirty bits of"),),
)
