"""A client's bytes to messages: values, and complaints about what is none. Brackets say where a message ends.

Knows nothing of QMP.

Source: QEMU qobject/json-streamer.c; 11.1 observed.
"""

from __future__ import annotations

from txsh.backends.sim.monitor.lexer import (
    CLOSE_LIST,
    CLOSE_OBJECT,
    ERROR,
    OPEN_LIST,
    OPEN_OBJECT,
    TOKEN_BYTES_MAX,
    Lexer,
)
from txsh.backends.sim.monitor.parser import Parser
from txsh.backends.sim.monitor.plain import read_plain
from txsh.backends.sim.monitor.scalar import Wrong
from txsh.backends.sim.monitor.unicode import decode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, NamedTuple

    from txsh.backends.sim.monitor.lexer import Token
    from txsh.backends.sim.profile import JsonWords
else:
    from txsh.named import NamedTuple

TOKENS_MAX = 2 << 20
NESTING_MAX = 1 << 10
_MESSAGE_BYTES_MAX = 1023
"""What of a parser's message fits into QEMU's buffer."""


class Message(NamedTuple):
    """One message: a value, or the description of an error (then not None)."""

    value: Any
    error: str | None


class Stream:
    """What one client sends.

    Args:
        words: how mistakes are told.
    """

    __slots__ = ("_braces", "_brackets", "_bytes", "_error", "_lexer", "_parser", "_tokens", "_words")

    def __init__(self, words: JsonWords) -> None:
        self._words = words
        self._lexer = Lexer()
        self._begin()

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that these bytes complete; each is given before the bytes after it are looked at."""
        for line in data.splitlines(keepends=True):
            value = read_plain(line) if self._is_idle else None
            if value is not None:
                self._lexer.skip(line)
                yield Message(value, None)
                continue
            for token in self._lexer.feed(line):
                message = self._take(token)
                if message is not None:
                    yield message

    @property
    def _is_idle(self) -> bool:
        """Whether no message has begun."""
        return self._tokens == 0 and self._lexer.between_tokens

    def _begin(self) -> None:
        self._braces = self._brackets = self._tokens = self._bytes = 0
        self._parser = Parser(self._words)
        self._error: str | None = None

    def _take(self, token: Token) -> Message | None:
        if token.kind == ERROR:
            return self._stray(token)
        self._count(token)
        fresh = self._error is None
        limit = self._limit()
        if limit is not None and not self._words.at_once:
            self._begin()
            return Message(None, limit)
        if fresh:
            self._error = limit or self._push(token)
        is_open = (self._braces > 0 or self._brackets > 0) and self._braces >= 0 and self._brackets >= 0
        told = fresh if self._words.at_once else not is_open
        message = None
        if self._error is not None:
            message = Message(None, self._error) if told else None
        elif not is_open:
            message = Message(self._parser.value, None)
        if not is_open:
            self._begin()
        return message

    def _stray(self, token: Token) -> Message | None:
        told = self._error is None or not self._words.at_once
        self._begin()
        text = token.text.partition(b"\0")[0]  # QEMU prints it as a C string
        described = b"stray '%s'" % text
        if self._words.stray_cut:
            described = described[:_MESSAGE_BYTES_MAX]
        return Message(None, self._described(token, described)) if told else None

    def _count(self, token: Token) -> None:
        if token.kind == OPEN_OBJECT:
            self._braces += 1
        elif token.kind == CLOSE_OBJECT:
            self._braces -= 1
        elif token.kind == OPEN_LIST:
            self._brackets += 1
        elif token.kind == CLOSE_LIST:
            self._brackets -= 1
        self._tokens += 1
        self._bytes += len(token.text)

    def _limit(self) -> str | None:
        if self._bytes + 1 > TOKEN_BYTES_MAX:
            return "JSON token size limit exceeded"
        if self._tokens > TOKENS_MAX:
            return "JSON token count limit exceeded"
        if self._braces + self._brackets > NESTING_MAX:
            return "JSON nesting depth limit exceeded"
        return None

    def _push(self, token: Token) -> str | None:
        try:
            self._parser.push(token)
        except Wrong as wrong:
            return self._described(token, wrong.message[:_MESSAGE_BYTES_MAX])
        return None

    def _described(self, token: Token, message: bytes) -> str:
        place = f"{token.line}:{token.column}: " if self._words.located else ""
        return f"{place}JSON parse error, {decode(message)}"
