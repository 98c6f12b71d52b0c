"""Where the grammar lies. Only the generator, the tests and the documentation read it; a run uses `tables`."""

from __future__ import annotations

from pathlib import Path


def path() -> Path:
    """The file ``txsh.lark``: beside this one in an installed package, in ``grammar/`` in a checkout."""
    here = Path(__file__)
    installed = here.with_name("txsh.lark")
    return installed if installed.exists() else here.parents[2] / "grammar" / "txsh.lark"


def text() -> str:
    """The whole grammar, in Lark's notation."""
    return path().read_text(encoding="utf-8")
