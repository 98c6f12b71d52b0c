"""Binds a raw `qmp`: its two forms become a command with typed arguments, held against the schema of the QEMU at hand.

A statement that must be refused is not judged: what does not fit goes to QEMU as it stands.
"""

from __future__ import annotations

from txsh.actions.base import BoundCall
from txsh.check.structure import Structure, literal
from txsh.syntax.diagnostic import Diagnostic
from txsh.syntax.tree import ListValue, ObjectValue, Option, Word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from txsh.check.known import Known
    from txsh.syntax.source import Span
    from txsh.syntax.tree import Call, Value

_WHOLE = 'qmp {"execute": "COMMAND", "arguments": {...}}'
_SPELL_IT = f"write qmp COMMAND MEMBER=VALUE ..., or {_WHOLE}"


def bind_raw(call: Call, known: Known, report: list[Diagnostic]) -> BoundCall | None:
    """The command and its arguments as values ``command`` and ``arguments``; None when the report has grown."""
    size = len(report)
    reader = _Reader(call, known, report)
    first = call.arguments[0] if call.arguments else None
    if isinstance(first, ObjectValue):
        reader.read_object(first)
    else:
        reader.read_words()
    if len(report) == size and call.fails is None:
        reader.judge()
    if len(report) == size and not known.attached:
        reader.keep_inside()
    if len(report) > size:
        return None
    values = {"command": reader.command, "arguments": reader.arguments}
    return BoundCall(values, reader.spans, call.span, None)


class _Reader:
    """Reads one statement.

    Attributes:
        command, arguments: as they go to QEMU.
        spans: the place of each part of the arguments by its path; "" of the command.
    """

    def __init__(self, call: Call, known: Known, report: list[Diagnostic]) -> None:
        self.command = ""
        self.arguments: dict[str, Any] = {}
        self._call = call
        self._known = known
        self._report = report
        self._structure = Structure(report)
        self.spans = self._structure.spans

    def read_object(self, whole: ObjectValue) -> None:
        """``{"execute": ..., "arguments": ...}``."""
        for further in self._call.arguments[1:]:
            self._wrong("too-many-operands", "nothing stands behind a whole command", further.span, "take it away")
        read: dict[str, Any] = {}
        for key, value in whole.members:
            if key.text not in ("execute", "arguments"):
                why = "txsh gives every command its own" if key.text == "id" else "there are execute and arguments"
                message = f"a command has no '{key.text}' here: {why}"
                self._wrong("unknown-option", message, key.span.to(value.span), "take it away")
            elif key.text in read:
                self._wrong("duplicate-option", f"'{key.text}' is given twice", key.span, "take one away")
            elif key.text == "execute":
                read["execute"] = value.text if isinstance(value, Word) else None
                self.spans[""] = value.span
            elif isinstance(value, ObjectValue):
                read["arguments"] = self._structure.members(value, "")
            else:
                read["arguments"] = None
                self._wrong("not-an-object", "'arguments' is an object", value.span, "write {...}")
        command = read.get("execute")
        if command is None:
            self._wrong("missing-operand", "qmp needs the command's name", whole.span, '"execute" is missing')
        else:
            self.command, self.arguments = command, read.get("arguments") or {}

    def read_words(self) -> None:
        """``COMMAND MEMBER=VALUE ...``."""
        words = [argument for argument in self._call.arguments if not isinstance(argument, Option)]
        if not words or not isinstance(words[0], Word):
            place = words[0].span if words else self._call.verb_span
            self._wrong("missing-operand", "qmp needs the command's name", place, None, _SPELL_IT)
            return
        self.command, self.spans[""] = words[0].text, words[0].span
        for word in words[1:]:
            label = f"write {word.text}=VALUE" if isinstance(word, Word) else "write " + _WHOLE
            self._wrong("too-many-operands", "a command's arguments are MEMBER=VALUE", word.span, label)
        options = [argument for argument in self._call.arguments if isinstance(argument, Option)]
        if len(words) == 1:
            self._read_options(options)

    def _read_options(self, options: Sequence[Option]) -> None:
        given = [(option.key, self._value(option.key, option.value)) for option in options]
        for option in options:
            self.spans[option.key] = self.spans[_path(option.key)] = option.span
        if self._known.version is None:
            self.arguments = untyped(given)
            return
        from txsh.schema.words import WordError, read_words  # noqa: PLC0415  # only a raw command needs it

        loose: list[tuple[str, Any]] = []
        while True:
            try:
                self.arguments = read_words(*self._schema(), self.command, given)
            except WordError as error:
                if self._call.fails is not None and error.key in dict(given):
                    loose += [pair for pair in given if pair[0] == error.key]
                    given = [pair for pair in given if pair[0] != error.key]
                    continue
                if self._call.fails is None:
                    self._tell(error)
                    return
                loose, given = [*given, *loose], []
            break
        _put(self.arguments, loose)

    def _schema(self) -> tuple[tuple[int, int], str]:
        from txsh.schema.recorded import nearest  # noqa: PLC0415  # only a raw command needs it

        assert self._known.version is not None
        return nearest(self._known.version, self._known.program), self._known.program

    def _value(self, path: str, value: Value) -> Any:
        from txsh.schema.scalar import Quoted  # noqa: PLC0415  # only a raw command needs it

        if isinstance(value, Word):
            return Quoted(value.text) if value.quoted else value.text
        if isinstance(value, ListValue):
            # The texts of a list are read by type like a word.
            return [
                item.text if isinstance(item, Word) and not item.quoted else self._value(f"{path}[{index}]", item)
                for index, item in enumerate(value.items)
            ]
        return self._structure.read(value, path)

    def _tell(self, error: Any) -> None:
        """What is wrong with a word."""
        if error.key:
            self._wrong("wrong-argument", error.message, self.spans.get(error.key, self.spans[""]), error.advice)
        else:
            self._wrong("unknown-command", self._no_command(), self.spans[""], error.advice)

    def _no_command(self) -> str:
        return f"{self._qemu()} has no command '{self.command}'"

    def _qemu(self) -> str:
        assert self._known.version is not None
        return f"{self._known.program} {self._known.version[0]}.{self._known.version[1]}"

    def judge(self) -> None:
        """Hold the whole against the schema; QEMU's own words say what is wrong."""
        if self._known.version is None:
            return
        from txsh.schema.visitor import refusal  # noqa: PLC0415  # only a raw command needs it

        version, program = self._schema()
        error = refusal(version, program, self.command, self.arguments)
        if error is None:
            return
        if error.error_class == "CommandNotFound":
            from txsh.check.hint import did_you_mean  # noqa: PLC0415  # a correct script never needs it
            from txsh.schema.table import commands  # noqa: PLC0415  # the same

            label = did_you_mean(self.command, commands(version, program))
            self._wrong("unknown-command", self._no_command(), self.spans[""], label)
            return
        from txsh.check.blame import place_of  # noqa: PLC0415  # a correct script never needs it

        label = f"{self._qemu()} would refuse it so"
        self._wrong("wrong-argument", error.description, place_of(error.description, self.spans), label)

    def keep_inside(self) -> None:
        """Let nothing through that reaches beyond the run's own folder, whatever is to become of it."""
        from txsh.check.blame import nearest  # noqa: PLC0415  # only a raw command needs it
        from txsh.check.reach import reaching  # noqa: PLC0415  # the same

        found = reaching(self.command, self.arguments)
        if found is not None:
            path, why = found
            message = f"this could reach beyond the run's own folder: {why}"
            advice = "a script is somebody else's program; a QEMU of your own takes it: -b qmp:SOCKET"
            self._wrong("reaches-outside", message, nearest(path, self.spans), None, advice)

    def _wrong(self, name: str, message: str, span: Span, label: str | None, advice: str | None = None) -> None:
        self._report.append(Diagnostic(name, message, span, label, advice))


def _path(key: str) -> str:
    """A key in QEMU's own notation of paths: ``actions.0.type`` is ``actions[0].type`` there."""
    first, *rest = key.split(".")
    return first + "".join(f"[{part}]" if part.isdecimal() else f".{part}" for part in rest)


def untyped(given: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Arguments as they stand, where no schema says what they are."""
    arguments: dict[str, Any] = {}
    _put(arguments, given)
    return arguments


def _put(arguments: dict[str, Any], given: Sequence[tuple[str, Any]]) -> None:
    """Put values under their dotted keys."""
    for key, value in given:
        *outer, last = key.split(".")
        place = arguments
        for name in outer:
            inner = place.get(name)
            place[name] = place = inner if isinstance(inner, dict) else {}
        place[last] = _plain(value)


def _plain(value: Any) -> Any:
    from txsh.schema.scalar import Quoted  # noqa: PLC0415  # only a raw command needs it

    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, Quoted):
        return str(value)
    return literal(value) if isinstance(value, str) and value else value
