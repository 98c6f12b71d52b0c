"""What packets look like on the wire: several values in one, one in several, ids and strings of all kinds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from tests.agreement_wire.talk import Talk

_BETWEEN = (b"", b"", b"\n", b"\r\n", b" \t ", b"\n\n\n")
_SCALARS = (
    b"0 -0 1 -1 1.0 1e3 -1.5E-2 1e400 1e-400 0.1 9007199254740993 9223372036854775807 9223372036854775808 "
    b"-9223372036854775808 -9223372036854775809 18446744073709551615 18446744073709551616 123456789.123456789 "
    b"01 +1 .5 1. 0x10 1e 1e+ -- true false null True nul NaN Infinity %d %s"
).split()
_TEXTS = (
    '""',
    '"b0"',
    "'b0'",
    "'it\\'s \"b0\"'",
    '"caf\u00e9"',
    '"\U0001d11e"',
    '"\\ud834\\udd1e"',
    '"\\ud834"',
    '"\\udd1e\\ud834"',
    '"\\u0000"',
    '"\\u00zz"',
    '"\\u00e9\\n\\t\\b\\f\\r\\/\\\\"',
    '"\\x"',
    '"\\\'"',
    '"\\ufffe"',
    '"\ufdd0"',
    '"%d"',
    '"a\x7fb"',
    '"a\tb"',
    '"a\nb"',
)
_BROKEN = (b'"\xff"', b'"\xc3"', b'"\xc0\x80"', b'"\xed\xa0\x80"', b'"\xf4\x90\x80\x80"', b'"\xe2\x82"', b'"a\x00b"')
_PLAIN = ("query-name", "query-version", "query-status", "query-jobs", "query-block-jobs", "query-block-exports")
_OUT_OF_BAND = ("query-name", "x-exit-preconfig", "nope", "block-dirty-bitmap-add")


class PacketAuthor:
    """Writes such packets into a conversation that goes on around them.

    Args:
        random: decides everything.
        talk: says it to both.
        command: gives a command and its arguments.
    """

    def __init__(self, random: Random, talk: Talk, command: Callable[[], tuple[str, dict[str, Any]]]) -> None:
        self._random = random
        self._talk = talk
        self._command = command

    def negotiate(self) -> None:
        """Leave negotiation, now and then in a way that few clients do."""
        enable = self._random.choice((None, None, None, [], ["oob"], ["oob", "oob"]))
        self._talk.ask("qmp_capabilities", None if enable is None else {"enable": enable})

    def any(self) -> None:
        """One packet, or one value in some.

        Raises:
            Parted, Over, NotSaid: as `Talk` does.
        """
        steps = (self._several, self._several, self._pieces, self._values, self._values, self._names, self._repeated)
        self._random.choice((*steps, self._deep, self._out_of_band))()
        # A byte that no JSON has ends whatever was left open.
        self._talk.say(b"\xff")

    def _several(self) -> None:
        count = self._random.choice((2, 2, 3, 5))
        self._talk.say(self._random.choice(_BETWEEN).join(self._message() for _ in range(count)))

    def _pieces(self) -> None:
        message = self._message() + self._random.choice(_BETWEEN) + self._message()
        cuts = sorted(self._random.randrange(len(message)) for _ in range(self._random.choice((1, 2, 3))))
        for start, end in zip([0, *cuts], [*cuts, len(message)], strict=True):
            if start < end:
                self._talk.say(message[start:end])

    def _values(self) -> None:
        """Odd values as id, as an argument, or alone."""
        which = self._random.randrange(4)
        value = self._value(2)
        if which == 0:
            self._talk.say(value)
        elif which == 1:
            self._talk.say(b'{"execute": "query-name", "id": ' + value + b"}")
        elif which == 2:
            self._talk.say(b'{"execute": "query-name", "arguments": ' + value + b"}")
        else:
            member = self._random.choice((b"name", b"node", b"granularity", b"persistent", b"x"))
            text = b'{"execute": "block-dirty-bitmap-add", "arguments": {"node": "s0", "name": "q", "%s": %s}}'
            self._talk.say(text % (member, value))

    def _names(self) -> None:
        """A bitmap whose name is any text, and what is said of it."""
        name = self._text()
        for verb in ("add", "clear", "add", "remove")[: self._random.choice((1, 2, 4))]:
            text = b'{"execute": "block-dirty-bitmap-%s", "arguments": {"node": "s0", "name": %s}}'
            self._talk.say(text % (verb.encode(), name))
        self._talk.ask("query-named-block-nodes", {"flat": True})

    def _repeated(self) -> None:
        """A member given twice."""
        text = self._random.choice(
            (
                b'{"execute": "query-name", "execute": "query-status"}',
                b'{"execute": "query-name", "id": 1, "id": 2}',
                b'{"id": 1, "execute": "query-name", "arguments": {}, "arguments": {"x": 1}}',
                b'{"execute": "block-dirty-bitmap-add", "arguments": {"node": "s0", "name": "r", "name": "r2"}}',
                b'{"execute": "block-dirty-bitmap-add", "arguments": {"node": "s0", "node": {"a": 1, "a": 2}}}',
            )
        )
        self._talk.say(text)

    def _deep(self) -> None:
        depth = self._random.choice((5, 100, 1020, 1021, 1022, 1023, 1024, 1025, 1100))
        opening, closing = self._random.choice(((b"[", b"]"), (b'{"a":', b"}")))
        value = opening * depth + b"1" + closing * depth
        self._talk.say(b'{"execute": "query-name", "id": ' + value + b"}" if self._random.random() < 0.7 else value)

    def _out_of_band(self) -> None:
        message: dict[str, Any] = {"exec-oob": self._random.choice(_OUT_OF_BAND)}
        if self._random.random() < 0.7:
            message["id"] = self._random.randrange(9)
        if self._random.random() < 0.3:
            message["arguments"] = self._random.choice(({}, {"uri": "x"}, {"instances": []}))
        self._talk.say(json.dumps(message).encode())

    def _message(self) -> bytes:
        random = self._random
        command, arguments = self._command() if random.random() < 0.5 else (random.choice(_PLAIN), None)
        message: dict[str, Any] = {"execute": command}
        if arguments is not None:
            message["arguments"] = arguments
        text = json.dumps(message, indent=random.choice((None, None, 1)), ensure_ascii=random.random() < 0.5).encode()
        if random.random() < 0.5:
            text = text[:-1] + b', "id": ' + str(random.randrange(100)).encode() + b"}"
        return text

    def _value(self, depth: int) -> bytes:
        random = self._random
        which = random.randrange(5 if depth else 3)
        if which == 0:
            return random.choice(_SCALARS)
        if which < 3:
            return self._text()
        values = [self._value(depth - 1) for _ in range(random.randrange(4))]
        comma = random.choice((b",", b", ", b" ,\n"))
        if which == 3:
            return b"[" + comma.join(values) + b"]"
        return b"{" + comma.join(b'"k%d": %s' % (index, value) for index, value in enumerate(values)) + b"}"

    def _text(self) -> bytes:
        random = self._random
        which = random.random()
        if which < 0.1:
            return (
                b'"' + random.choice(("a", "\u00e9", "\U0001d11e")).encode() * random.choice((100, 1023, 1024)) + b'"'
            )
        if which < 0.25:
            return random.choice(_BROKEN)
        return random.choice(_TEXTS).encode()
