"""The folders of txsh stand in an order: each imports only those above it.

Every import counts: late ones inside functions, and those only for types, because a type is knowledge too. Beside the
folders stand only files that know nothing of txsh, which everything may import.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(__file__).parent.parent / "txsh"
ORDER = ("syntax", "model", "schema", "actions", "check", "backends", "group", "session", "report", "cli")
FILES = sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE)
BESIDE = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "__main__"}
SIMULATOR_SEES = {"model", "schema", "backends"}


def imports(path: Path) -> Iterator[str]:
    """Every module name that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from imported(node)


def imported(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """What one statement imports; the names that it takes from a module may be modules too."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    assert node.level == 0, "imports are absolute"
    assert node.module is not None
    yield node.module
    yield from (f"{node.module}.{alias.name}" for alias in node.names)


def parts(path: Path) -> tuple[str, ...]:
    return path.relative_to(PACKAGE).with_suffix("").parts


def own_imports(path: Path) -> set[tuple[str, ...]]:
    """The imports of txsh's own modules, without the leading ``txsh``."""
    every = {tuple(name.split(".")[1:]) for name in imports(path) if name.startswith("txsh.")}
    return {name for name in every if name[0] not in BESIDE}


def test_every_folder_has_its_place_in_the_order() -> None:
    folders = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    assert folders == set(ORDER)


def test_what_stands_beside_the_folders_knows_none_of_them() -> None:
    for name in BESIDE:
        assert not own_imports(PACKAGE / f"{name}.py"), name


def test_typing_is_imported_for_type_checkers_only() -> None:
    for path in PACKAGE.rglob("*.py"):
        executed = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.Import | ast.ImportFrom)]
        assert "typing" not in {name for statement in executed for name in imported(statement)}, path


@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(parts(path)))
def test_a_folder_imports_only_those_above_it(path: Path) -> None:
    folder = parts(path)[0]
    below = set(ORDER[ORDER.index(folder) + 1 :])
    assert not {".".join(name) for name in own_imports(path) if name[0] in below}


def test_the_simulator_knows_nothing_of_the_language() -> None:
    for path in (PACKAGE / "backends" / "sim").rglob("*.py"):
        assert {name[0] for name in own_imports(path)} <= SIMULATOR_SEES, path


def test_no_backend_knows_another() -> None:
    for path in (PACKAGE / "backends").rglob("*.py"):
        own = parts(path)[1]
        seen = {name[1] for name in own_imports(path) if name[0] == "backends" and len(name) > 1}
        assert seen <= {own, "base"}, path


def test_only_the_command_line_prints_exits_and_reads_the_environment() -> None:
    for path in FILES:
        if parts(path)[0] == "cli":
            continue
        used = {node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}
        assert not used & {"print", "exit", "quit"}, path
