"""bitmap-disable: stop a bitmap from recording."""

from __future__ import annotations

from txsh.actions.base import Action, Kind, Param, Phase, Rollback

ACTION = Action(
    verb="bitmap-disable",
    summary="Stop a bitmap from recording; its dirty bits stay.",
    params=(Param("target", Kind.BITMAP, "the bitmap", operand=True, required=True, qmp=("node", "name")),),
    qmp="block-dirty-bitmap-disable",
    since="4.0",  # Source: qapi/transaction.json, TransactionActionKind.
    phase=Phase.IMMEDIATE,
    rollback=Rollback.RESTORES,
    shadow="disables",
    loses=((("node", "name"), "stops the recording of"),),
)
