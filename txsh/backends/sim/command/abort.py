"""The action that only fails. Source: QEMU blockdev.c, abort_prepare."""

from __future__ import annotations

from txsh.backends.base import CommandFailed
from txsh.backends.sim.command.action import Immediate


class Abort(Immediate):
    """Never succeeds; does not even look at the completion mode in 7.2."""

    def prepare(self) -> None:
        """Fail."""
        raise CommandFailed("GenericError", "Transaction aborted using Abort action")


ACTIONS = {"abort": Abort}
