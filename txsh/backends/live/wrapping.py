"""A program that QEMU runs under: a debugger, valgrind, strace. Knows none of them.

It may start QEMU as a child of its own, so at the end its whole process group has to go; and a debugger talks with its
user, so at a terminal it has that in the foreground, Ctrl-C included.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress

_TERMINAL = 0
"""Standard input."""


class Wrapping:
    """How the program is run.

    Args:
        at_terminal: whether it has our terminal.

    Attributes:
        at_terminal: the same.
    """

    def __init__(self, *, at_terminal: bool) -> None:
        self.at_terminal = at_terminal

    def begin(self) -> None:
        """In the child, which leads its process group: take the terminal."""
        if self.at_terminal:
            _bring_to_front(os.getpid())

    def kill_all(self, leader: int) -> None:
        """Kill the whole process group, and take the terminal back; once."""
        with suppress(ProcessLookupError):
            os.killpg(leader, signal.SIGKILL)
        if self.at_terminal:
            with suppress(OSError):
                _bring_to_front(os.getpgrp())


def _bring_to_front(group: int) -> None:
    """Who is in the background may only do this while the signal that it causes is ignored."""
    before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    try:
        os.tcsetpgrp(_TERMINAL, group)
    finally:
        signal.signal(signal.SIGTTOU, before)
