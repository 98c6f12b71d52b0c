"""abort: make a transaction fail on purpose."""

from __future__ import annotations

from txsh.actions.base import Action, Phase, Rollback

ACTION = Action(
    verb="abort",
    summary="Refuse the whole transaction, after everything before it was prepared.",
    params=(),
    qmp="abort",
    since="1.6",  # Source: qapi/transaction.json, TransactionActionKind.
    phase=Phase.NONE,
    rollback=Rollback.NOTHING,
    shadow="fails",
    alone=False,
)
