"""What a backend cannot do has a name, and the page of diagnostics has each of them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
RAISED = re.compile(r'HostUnable\(\s*"([a-z-]+)"')
ROW = re.compile(r"^\| `([a-z-]+)` \|", re.MULTILINE)


def test_the_page_names_exactly_what_backends_say() -> None:
    sources = (path.read_text() for path in (ROOT / "txsh").rglob("*.py"))
    raised = {name for source in sources for name in RAISED.findall(source)}
    _, _, section = (ROOT / "docs" / "diagnostics.md").read_text().partition("\n## Backends\n")
    assert raised == set(ROW.findall(section))
