"""bitmap-enable: let a bitmap record writes."""

from __future__ import annotations

from txsh.actions.base import Action, Kind, Param, Phase, Rollback

ACTION = Action(
    verb="bitmap-enable",
    summary="Let a bitmap record writes from now on.",
    params=(Param("target", Kind.BITMAP, "the bitmap", operand=True, required=True, qmp=("node", "name")),),
    qmp="block-dirty-bitmap-enable",
    since="4.0",  # Source: qapi/transaction.json, TransactionActionKind.
    phase=Phase.IMMEDIATE,
    rollback=Rollback.RESTORES,
    shadow="enables",
)
