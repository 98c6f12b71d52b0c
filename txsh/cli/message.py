"""What goes to standard error, the same for every format: complaints of txsh itself, and diagnostics."""

from __future__ import annotations

from txsh.report.visible import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from txsh.cli.output import Output
    from txsh.cli.script import Unreadable
    from txsh.syntax.diagnostic import Diagnostic


def complain(output: Output, message: str, advice: str | None = None, name: str | None = None) -> None:
    """Say what is wrong outside of any script, and what to do about it; `name` of the diagnostic if it has one."""
    title = "txsh" if name is None else f"txsh: error[{name}]"
    output.write_error(f"{title}: {visible(message)}\n")
    if advice is not None:
        for line in advice.splitlines():
            output.write_error(f"  {visible(line)}\n")


def complain_unreadable(output: Output, script: Unreadable) -> None:
    """Say that a script could not be read."""
    complain(output, f"cannot read {script.name}: {script.reason}")


def show(output: Output, diagnostics: Sequence[Diagnostic]) -> None:
    """Show what is wrong with a script, each with its place."""
    if not diagnostics:
        return
    from txsh.report.diagnostic import render

    for diagnostic in diagnostics:
        output.write_error(render(diagnostic, color=output.error_color, width=output.width) + "\n")
