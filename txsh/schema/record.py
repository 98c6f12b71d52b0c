"""Record the schema of a QEMU: ``python -m txsh.schema.record --qemu PATH [--source TREE]``.

Two sources are joined. The program itself answers ``query-qmp-schema``: that is the truth about what this build has,
but it hides the names of types and calls every integer ``int``. The source tree of the same release knows names and
integer types; it is read with QEMU's own parser (``scripts/qapi`` of that tree). Errors name both, so both are kept.

The file that comes out is text, one line an entry of the reply, as `txsh.schema.table` reads it. It is written only
when the reply can be made from it again. Without a source tree names are borrowed from the nearest recorded version:
what is new then has numbers for names, and ``int`` for integers, which somebody has to look up.
"""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
from pathlib import Path

from txsh.schema.borrow import borrowed_names
from txsh.schema.lines import Names, lines_of
from txsh.schema.recorded import nearest_table
from txsh.schema.reply import schema_reply
from txsh.schema.table import Table

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
    parser.add_argument("--source", type=Path, help="unpacked source of the same release")
    parser.add_argument("--into", type=Path, default=Path(__file__).parent, help="folder to write to")
    chosen = parser.parse_args(words)
    program = "qsd" if "storage-daemon" in Path(chosen.qemu).name else "qemu-system"
    version, entries = ask(chosen.qemu, program)
    if chosen.source is None:
        names = borrowed_names(entries, nearest_table(version, program))
    else:
        names = names_of(entries, parse_source(chosen.source, program))
    text = "\n".join(["", *lines_of(entries, names), ""])
    assert json.dumps(schema_reply(Table(text))) == json.dumps(entries), "the lines do not hold the whole reply"
    path = chosen.into / f"{program}-{version[0]}.{version[1]}.txt"
    path.write_text(text)
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


def names_of(entries: list[dict[str, Any]], source: Any) -> Names:
    """What the source knows of the types that a reply has.

    Args:
        entries: what ``query-qmp-schema`` returned.
        source: what `parse_source` returned.
    """
    return _Join(entries, source).names()


class _Join:
    """Walks a reply and the source side by side, from the commands and events down."""

    def __init__(self, entries: list[dict[str, Any]], source: Any) -> None:
        self._entries = entries
        self._recorded = {entry["name"]: entry for entry in entries}
        self._source = source
        self._names = Names({}, {}, {})

    def names(self) -> Names:
        for entry in self._entries:
            if entry["meta-type"] in ("command", "event"):
                self._entry(entry, self._source.lookup_entity(entry["name"]))
        return self._names

    def _entry(self, entry: dict[str, Any], defined: Any) -> None:
        name = entry["name"]
        self._type(name, "", entry["arg-type"], defined.arg_type or self._source.the_empty_object_type)
        if entry["meta-type"] == "command":
            self._type(name, "->", entry["ret-type"], defined.ret_type or self._source.the_empty_object_type)
            flags = ("preconfig",) * defined.allow_preconfig + ("by-hand",) * (not defined.gen)
            if flags:
                self._names.flags[name] = flags

    def _type(self, owner: str, member: str, recorded_name: str, defined: Any) -> None:
        """Note what a type is called; those it refers to are walked when it is met first."""
        recorded = self._recorded[recorded_name]
        if recorded["meta-type"] == "array":
            if defined.element_type.json_type() == "int":
                self._names.integers[owner, member] = f"[{defined.element_type.name}]"
            self._type(owner, "", recorded["element-type"], defined.element_type)
        elif recorded["meta-type"] == "builtin":
            if recorded_name == "int" and member:
                self._names.integers[owner, member] = str(defined.name)
        elif recorded_name not in self._names.types:
            self._names.types[recorded_name] = str(defined.name)
            if recorded["meta-type"] != "enum":
                getattr(self, f"_{recorded['meta-type']}")(recorded, defined)

    def _alternate(self, recorded: dict[str, Any], defined: Any) -> None:
        by_kind = {variant.type.json_type(): variant.type for variant in _variants(defined)}
        for member in recorded["members"]:
            entry = self._recorded[member["type"]]
            kind = {"enum": "string", "array": "array", "object": "object"}.get(entry["meta-type"])
            kind = kind or entry["json-type"]
            self._type(recorded["name"], "number" if kind == "int" else kind, member["type"], by_kind[kind])

    def _object(self, recorded: dict[str, Any], defined: Any) -> None:
        by_name = {member.name: member.type for member in defined.members}
        for member in recorded["members"]:
            self._type(recorded["name"], member["name"], member["type"], by_name[member["name"]])
        by_case = {variant.name: variant.type for variant in _variants(defined)} if "tag" in recorded else {}
        for variant in recorded.get("variants", ()):
            self._type(recorded["name"], "", variant["type"], by_case[variant["case"]])


def _variants(defined: Any) -> list[Any]:
    """The types that one may be or continue with; QEMU's parser calls them so in 7.2, more precisely later."""
    for word in ("variants", "branches", "alternatives"):
        found = getattr(defined, word, None)
        if found is not None:
            return list(found.variants)
    return []


if __name__ == "__main__":
    sys.exit(main())
