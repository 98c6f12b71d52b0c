"""Gives the words of one call their types, by the parameters of its verb.

Knows parameters, not verbs, and no other statement: whether a node exists is the plan's business, so every name that a
call mentions is handed on.
"""

from __future__ import annotations

from txsh.actions.base import Kind
from txsh.check.hint import did_you_mean
from txsh.check.mention import mentions_of
from txsh.check.read import read_value
from txsh.syntax.diagnostic import Diagnostic, Note
from txsh.syntax.tree import ObjectValue, Option, Word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any, NamedTuple

    from txsh.actions.base import Param
    from txsh.check.mention import Mention
    from txsh.syntax.source import Span
    from txsh.syntax.tree import Argument, Value
else:
    from txsh.named import NamedTuple


class Bound(NamedTuple):
    """What the words of a call came to; only what was given and could be read. An option's span includes its name."""

    values: dict[str, Any]
    spans: dict[str, Span]
    mentions: list[Mention]


def bind_arguments(
    title: str, params: Sequence[Param], arguments: Iterable[Argument], place: Span, report: list[Diagnostic]
) -> Bound:
    """Read operands by position, options by name, and flags wherever they stand.

    Args:
        title: what messages call the call, such as ``backup``.
        place: where to point when something is missing.
        report: takes a diagnostic for everything that is wrong.
    """
    return _ArgumentBinder(title, params, place, report).bind(arguments)


def _is_size(word: Word) -> bool:
    from txsh.model.size import Unreadable, parse_size  # noqa: PLC0415  # only a mistake asks

    return not isinstance(parse_size(word.text), Unreadable)


class _ArgumentBinder:
    """Binds the arguments of one call."""

    def __init__(self, title: str, params: Sequence[Param], place: Span, report: list[Diagnostic]) -> None:
        self._title = title
        self._params = params
        self._place = place
        self._report = report
        self._operands = [param for param in params if param.operand]
        self._options = {
            param.name: param for param in params if not (param.operand or param.kind in (Kind.MEMBERS, Kind.PATHS))
        }
        self._rest = next((param.name for param in params if param.kind in (Kind.MEMBERS, Kind.PATHS)), None)
        self._takes_any = any(param.kind == Kind.PATHS for param in params)
        self._bound = Bound({}, {}, [])

    def bind(self, arguments: Iterable[Argument]) -> Bound:
        arguments = list(arguments)
        if self._rest is not None and not self._takes_any and not self._take_members(arguments):
            return self._bound
        words: list[Value] = []
        for argument in arguments:
            if isinstance(argument, Option):
                self._bind_option(argument)
            elif not self._bind_flag(argument):
                words.append(argument)
        # Where an operand was given by name, the places of the others say nothing.
        if not any(isinstance(argument, Option) and self._is_operand(argument.key) for argument in arguments):
            self._bind_operands(words)
        self._check_missing()
        return self._bound

    def _take_members(self, arguments: Iterable[Argument]) -> bool:
        """Take the members of the event that is named as options; whether there is such an event."""
        from txsh.actions.event import EVENTS  # noqa: PLC0415  # only what names an event needs them

        word = next((argument for argument in arguments if isinstance(argument, Word)), None)
        if word is None:
            return True
        members = EVENTS.get(word.text)
        if members is None:
            label = did_you_mean(word.text, EVENTS)
            advice = None if label else f"events are {', '.join(EVENTS)}"
            self._report.append(
                Diagnostic("unknown-event", f"no event is called '{word.text}'", word.span, label, advice)
            )
            return False
        self._options = {member.name: member for member in members}
        return True

    def _bind_flag(self, value: Value) -> bool:
        """Whether it is a flag: the bare name of a boolean option, which is true then."""
        if not isinstance(value, Word) or value.quoted:
            return False
        param = self._options.get(value.text)
        if param is None or param.kind != Kind.BOOLEAN:
            return False
        if self._is_first(param.name, value.span):
            self._bound.spans[param.name] = value.span
            self._keep(param, True)
        return True

    def _keep(self, param: Param, value: Any) -> None:
        if self._rest is None or param.operand:
            self._bound.values[param.name] = value
        else:
            self._bound.values.setdefault(self._rest, {})[param.name] = value

    def _bind_operands(self, words: list[Value]) -> None:
        for param in self._operands:
            if param.repeated:
                self._bind_repeated(param, words)
                return
            if words:
                word = words.pop(0)
                if param.kind == Kind.RANGE and self._is_split_range(word, words):
                    return
                self._bind_value(param, word, word.span)
            elif param.required:
                message = f"{self._title} needs {param.summary}"
                label = self._usage()
                self._report.append(Diagnostic("missing-operand", message, self._place, label))
                return
        if words:
            self._report.append(self._too_many(words))

    def _is_split_range(self, word: Value, rest: Sequence[Value]) -> bool:
        """Whether a range was written as two words, as qemu-io takes it; tells so."""
        if not rest or not isinstance(word, Word) or "+" in word.text:
            return False
        following = rest[0]
        if not isinstance(following, Word) or not (_is_size(word) and _is_size(following)):
            return False
        message = "not a range: offset and length are one word, OFFSET+LENGTH"
        label = f"did you mean '{word.text}+{following.text}'?"
        self._report.append(Diagnostic("not-a-range", message, word.span.to(following.span), label))
        return True

    def _bind_repeated(self, param: Param, words: list[Value]) -> None:
        """All operands that are left, as one tuple."""
        if not words:
            return
        self._bound.spans[param.name] = words[0].span.to(words[-1].span)
        size = len(self._report)
        values = [read_value(param, word, self._report) for word in words]
        if len(self._report) > size:
            return
        self._bound.values[param.name] = tuple(values)
        for value, word in zip(values, words, strict=True):
            self._bound.mentions.extend(mentions_of(param, value, word))

    def _bind_option(self, option: Option) -> None:
        param = self._options.get(option.key)
        if self._takes_any:
            self._take_path(option)
        elif param is not None:
            if self._is_first(param.name, option.span):
                self._bind_value(param, option.value, option.span)
        elif isinstance(option.value, ObjectValue) and self._is_structure(option.key):
            for key, value in option.value.members:
                self._bind_option(Option(f"{option.key}.{key.text}", key.span, value, key.span.to(value.span)))
        else:
            self._report.append(self._unknown_option(option))

    def _take_path(self, option: Option) -> None:
        """A member by its path: its value is read by the type of what is found there."""
        from txsh.check.structure import Structure  # noqa: PLC0415  # few scripts look at a reply
        from txsh.schema.scalar import Quoted  # noqa: PLC0415  # the same

        if self._is_first(option.key, option.span):
            self._bound.spans[option.key] = option.span
            value = option.value
            if isinstance(value, Word):
                found: Any = Quoted(value.text) if value.quoted else value.text
            else:
                found = Structure(self._report).read(value, "")
            self._bound.values.setdefault(self._rest or "", {})[option.key] = found

    def _is_structure(self, key: str) -> bool:
        return any(name.startswith(f"{key}.") for name in self._options)

    def _bind_value(self, param: Param, value: Value, span: Span) -> None:
        self._bound.spans[param.name] = span
        size = len(self._report)
        found = read_value(param, value, self._report)
        if len(self._report) == size:
            self._keep(param, found)
            self._bound.mentions.extend(mentions_of(param, found, value))

    def _is_first(self, name: str, span: Span) -> bool:
        earlier = self._bound.spans.get(name)
        if earlier is None:
            return True
        notes = (Note("first given here", earlier),)
        self._report.append(
            Diagnostic("duplicate-option", f"'{name}' is given twice", span, "take one away", notes=notes)
        )
        return False

    def _check_missing(self) -> None:
        for param in self._options.values():
            if param.required and param.name not in self._bound.spans:
                message = f"{self._title} needs {param.name}="
                self._report.append(Diagnostic("missing-option", message, self._place, self._usage()))

    def _usage(self) -> str:
        from txsh.actions.usage import usage  # noqa: PLC0415  # a correct script never needs it

        return f"usage: {usage(self._title, self._params)}"

    def _too_many(self, words: Sequence[Value]) -> Diagnostic:
        name = words[0].text if isinstance(words[0], Word) else ""
        if name in self._options:
            message = f"'{name}' is an option of {self._title}, and its value is missing"
            value = words[1].span.text if len(words) > 1 else "VALUE"
            return Diagnostic("too-many-operands", message, words[0].span, f"write {name}={value}")
        message = f"{self._title} takes {'no more words' if self._operands else 'no words'} here"
        meant = did_you_mean(name, self._options)
        return Diagnostic(
            "too-many-operands", message, words[0].span, meant or self._usage(), self._options_unless(meant)
        )

    def _options_unless(self, meant: str | None) -> str | None:
        """Which options there are, when nothing says which one was meant."""
        if meant is not None or not self._options:
            return None
        flags = {name for name, param in self._options.items() if param.kind == Kind.BOOLEAN}
        return f"its options are {', '.join(name if name in flags else f'{name}=' for name in self._options)}"

    def _is_operand(self, key: str) -> bool:
        return any(key in (param.name, *param.qmp) for param in self._operands) and key not in self._options

    def _unknown_option(self, option: Option) -> Diagnostic:
        key = option.key
        if self._is_operand(key):
            message = f"'{key}' of {self._title} stands without a name, by its place"
            return Diagnostic("unknown-option", message, option.key_span, self._usage())
        for param in self._options.values():
            if key in param.qmp:
                message = f"{self._title} has no option '{key}'"
                return Diagnostic("unknown-option", message, option.key_span, f"it is called '{param.name}' here")
        meant = did_you_mean(key, self._options)
        advice = self._options_unless(meant) if self._options else "it has no options"
        return Diagnostic("unknown-option", f"{self._title} has no option '{key}'", option.key_span, meant, advice)
