"""bitmap-add: a new dirty bitmap on a node."""

from __future__ import annotations

from txsh.actions.base import Action, Kind, Param, Phase, Rollback

ACTION = Action(
    verb="bitmap-add",
    summary="Add a dirty bitmap to a node; it starts empty and records every write from now on.",
    params=(
        Param("target", Kind.NEW_BITMAP, "the new bitmap", operand=True, required=True, qmp=("node", "name")),
        Param("granularity", Kind.SIZE, "bytes that one bit stands for, a power of two", qmp=("granularity",)),
        Param("persistent", Kind.BOOLEAN, "store it in the image when the node closes", qmp=("persistent",)),
        Param("disabled", Kind.BOOLEAN, "do not record yet", qmp=("disabled",)),
    ),
    qmp="block-dirty-bitmap-add",
    since="2.5",  # Source: qapi/transaction.json, TransactionActionKind.
    phase=Phase.IMMEDIATE,
    rollback=Rollback.REMOVES,
    shadow="adds",
)
