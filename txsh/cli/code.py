"""Exit codes, and which of them a run has earned."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.model.trace import Trace

PASSED = 0
FAILED = 1
WRONG = 2
UNREACHABLE = 3
AT_FAULT = 4


def code_of(trace: Trace) -> int:
    """The exit code of a finished run.

    A simulator that has no model of something could not be asked, nor a QEMU whose qemu-img is missing: that is no
    verdict on the script.
    """
    if trace.verdict.word == "lost":
        return UNREACHABLE
    if any(diagnostic.name in ("not-simulated", "no-qemu-img") for diagnostic in trace.diagnostics):
        return UNREACHABLE
    return PASSED if trace.verdict.word in ("passed", "skipped") else FAILED
