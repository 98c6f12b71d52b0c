"""bitmap-remove: take a bitmap away."""

from __future__ import annotations

from txsh.actions.base import Action, Kind, Param, Phase, Rollback

ACTION = Action(
    verb="bitmap-remove",
    summary="Remove a bitmap; inside a transaction it is gone when the transaction commits.",
    params=(Param("target", Kind.BITMAP, "the bitmap", operand=True, required=True, qmp=("node", "name")),),
    qmp="block-dirty-bitmap-remove",
    since="4.2",  # Source: qapi/transaction.json, TransactionActionKind.
    phase=Phase.IMMEDIATE,
    rollback=Rollback.RESTORES,
    shadow="removes",
    loses=((("node", "name"), "removes"),),
)
