"""Record the argument types of a QEMU's commands: ``python -m txsh.schema.record --qemu PATH --source TREE``.

Two sources are joined. The program itself answers ``query-qmp-schema``: that is the truth about what this build has,
but it hides the names of types and calls every integer ``int``. The source tree of the same release knows names and
integer types; it is read with QEMU's own parser (``scripts/qapi`` of that tree). Errors name both, so both are kept.

The file that comes out is text, one line a command or type, as `txsh.schema.table` reads it.
"""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_ROOTS = {"qemu-system": "qapi/qapi-schema.json", "qsd": "storage-daemon/qapi/qapi-schema.json"}
_STARTS = {
    "qemu-system": ("-machine", "none", "-nodefaults", "-display", "none", "-qmp", "stdio"),
    "qsd": ("--chardev", "stdio,id=m", "--monitor", "chardev=m"),
}


def main(words: list[str] | None = None) -> int:
    """Record one program's schema into this folder."""
    parser = argparse.ArgumentParser(prog="txsh.schema.record", description=__doc__)
    parser.add_argument("--qemu", required=True, help="qemu-system-* or qemu-storage-daemon")
    parser.add_argument("--source", required=True, type=Path, help="unpacked source of the same release")
    parser.add_argument("--into", type=Path, default=Path(__file__).parent, help="folder to write to")
    chosen = parser.parse_args(words)
    program = "qsd" if "storage-daemon" in Path(chosen.qemu).name else "qemu-system"
    version, entries = ask(chosen.qemu, program)
    lines = Joined(entries, parse_source(chosen.source, program)).lines()
    path = chosen.into / f"{program}-{version[0]}.{version[1]}.txt"
    path.write_text("\n".join(["", *lines, ""]))
    return 0


def ask(qemu: str, program: str) -> tuple[tuple[int, int], list[dict[str, Any]]]:
    """Start the program, ask for its version and its schema, end it."""
    commands = ("qmp_capabilities", "query-qmp-schema", "quit")
    done = subprocess.run(
        [qemu, *_STARTS[program]],
        input="\n".join(json.dumps({"execute": command, "id": command}) for command in commands),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    values = [json.loads(line) for line in done.stdout.splitlines()]
    greeting = next(value["QMP"] for value in values if "QMP" in value)
    number = greeting["version"]["qemu"]
    schema = next(value["return"] for value in values if value.get("id") == "query-qmp-schema")
    return (number["major"], number["minor"]), schema


def parse_source(tree: Path, program: str) -> Any:
    """The schema as QEMU's own parser reads it from a source tree."""
    sys.path.insert(0, str(tree / "scripts"))
    try:
        return importlib.import_module("qapi.schema").QAPISchema(str(tree / _ROOTS[program]))
    finally:
        sys.path.pop(0)


class Joined:
    """The recorded schema with the names and integer types of the source.

    Args:
        entries: what ``query-qmp-schema`` returned.
        source: what `parse_source` returned.
    """

    def __init__(self, entries: list[dict[str, Any]], source: Any) -> None:
        self._recorded = {entry["name"]: entry for entry in entries if entry["meta-type"] != "command"}
        self._commands = sorted(
            (entry for entry in entries if entry["meta-type"] == "command"),
            key=lambda entry: str(entry["name"]),
        )
        self._source = source
        self._types: dict[str, str] = {"q_empty": "object"}

    def lines(self) -> list[str]:
        """Commands, then the types that their arguments reach, each sorted by name."""
        commands = []
        for command in self._commands:
            name = command["name"]
            defined = self._source.lookup_entity(name)
            marks = _marks(command)
            if not defined.gen:
                marks += "*"
            argument = "q_empty"
            if defined.arg_type:
                argument = self._type(command["arg-type"], defined.arg_type)
            commands.append(f"{name} command{marks} {argument}")
        return commands + [f"{name} {rest}" for name, rest in sorted(self._types.items())]

    def _type(self, recorded_name: str, defined: Any) -> str:
        """The name to write for a type; its line and those it needs are kept on the way."""
        recorded = self._recorded[recorded_name]
        if recorded["meta-type"] == "array":
            return f"[{self._type(recorded['element-type'], defined.element_type)}]"
        name = str(defined.name)
        if recorded["meta-type"] != "builtin" and name not in self._types:
            self._types[name] = ""  # types refer to each other in circles
            self._types[name] = getattr(self, f"_{recorded['meta-type']}")(recorded, defined)
        return name

    def _enum(self, recorded: dict[str, Any], _defined: Any) -> str:
        return " ".join(["enum", *(member["name"] + _marks(member) for member in recorded["members"])])

    def _alternate(self, recorded: dict[str, Any], defined: Any) -> str:
        by_kind = {variant.type.json_type(): variant.type for variant in defined.variants.variants}
        words = ["alternate"]
        for member in recorded["members"]:
            entry = self._recorded[member["type"]]
            kind = {"enum": "string", "array": "array", "object": "object"}.get(entry["meta-type"])
            kind = kind or entry["json-type"]
            words.append(f"{'number' if kind == 'int' else kind}={self._type(member['type'], by_kind[kind])}")
        return " ".join(words)

    def _object(self, recorded: dict[str, Any], defined: Any) -> str:
        by_name = {member.name: member.type for member in defined.members}
        words = ["object"]
        for member in recorded["members"]:
            mark = _marks(member) + ("?" if "default" in member else "")
            words.append(f"{member['name']}{mark}={self._type(member['type'], by_name[member['name']])}")
        if "tag" in recorded:
            by_case = {variant.name: variant.type for variant in defined.variants.variants}
            words += ["|", recorded["tag"]]
            for variant in recorded["variants"]:
                case = variant["case"]
                if self._recorded[variant["type"]]["members"]:
                    words.append(f"{case}={self._type(variant['type'], by_case[case])}")
        return " ".join(words)


def _marks(entry: dict[str, Any]) -> str:
    return "!" if "deprecated" in entry.get("features", ()) else ""


if __name__ == "__main__":
    sys.exit(main())
