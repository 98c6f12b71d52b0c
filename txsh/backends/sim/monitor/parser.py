"""Tokens to one value: fed one by one, it knows the first mistake at the token that makes it.

Source: QEMU qobject/json-parser.c for 7.2 and 10.0, which see the same mistakes once a message is over.
"""

from __future__ import annotations

from txsh.backends.sim.monitor.lexer import (
    CLOSE_LIST,
    CLOSE_OBJECT,
    COLON,
    COMMA,
    FLOAT,
    INTEGER,
    KEYWORD,
    OPEN_LIST,
    OPEN_OBJECT,
    STRING,
)
from txsh.backends.sim.monitor.scalar import Wrong, scalar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from txsh.backends.sim.monitor.lexer import Token
    from txsh.backends.sim.profile import JsonWords

_SCALARS = frozenset({STRING, INTEGER, FLOAT, KEYWORD})
_ANY = _SCALARS | {OPEN_OBJECT, OPEN_LIST}
_VALUE, _FIRST_ELEMENT, _FIRST_KEY, _KEY, _COLON, _AFTER = range(6)
"""What may come next."""


class Parser:
    """One value in the making.

    Args:
        words: how mistakes are told.

    Attributes:
        value: the value, once all its tokens were pushed.
    """

    __slots__ = ("_containers", "_expects", "_keys", "_words", "value")

    def __init__(self, words: JsonWords) -> None:
        self._words = words
        self._expects = _VALUE
        self._containers: list[Any] = []
        self._keys: list[Any] = []
        self.value: Any = None

    def push(self, token: Token) -> None:
        """Take one token.

        Raises:
            Wrong: it cannot stand here. Nothing may be pushed any more.
        """
        kind, expects = token.kind, self._expects
        if expects == _AFTER:
            self._after(kind)
        elif expects == _COLON:
            if kind != COLON:
                raise Wrong(self._words.colon.encode())
            self._expects = _VALUE
        elif (expects, kind) in ((_FIRST_ELEMENT, CLOSE_LIST), (_FIRST_KEY, CLOSE_OBJECT)):
            self._close()
        elif expects in (_FIRST_KEY, _KEY):
            self._key(token)
        else:
            self._begin(token, "expecting value")

    def _key(self, token: Token) -> None:
        if self._words.odd_key is None and token.kind != STRING:
            raise Wrong(self._words.key.encode())
        self._expects = _KEY
        self._begin(token, self._words.key)

    def _begin(self, token: Token, otherwise: str) -> None:
        if token.kind not in _ANY:
            raise Wrong(otherwise.encode())
        if token.kind in _SCALARS:
            self._end(scalar(token), is_key=self._expects == _KEY)
            return
        # What is expected tells a key from a value when the container is closed.
        self._keys.append(self._expects == _KEY)
        is_object = token.kind == OPEN_OBJECT
        self._containers.append({} if is_object else [])
        self._expects = _FIRST_KEY if is_object else _FIRST_ELEMENT

    def _after(self, kind: int) -> None:
        is_object = isinstance(self._containers[-1], dict)
        if kind == COMMA:
            self._expects = _KEY if is_object else _VALUE
        elif kind == (CLOSE_OBJECT if is_object else CLOSE_LIST):
            self._close()
        else:
            raise Wrong((self._words.in_object if is_object else self._words.in_list).encode())

    def _close(self) -> None:
        value = self._containers.pop()
        self._end(value, is_key=self._keys.pop())

    def _end(self, value: Any, *, is_key: bool) -> None:
        if not self._containers:
            self.value = value
            return
        container = self._containers[-1]
        self._expects = _AFTER
        if isinstance(container, list):
            container.append(value)
        elif is_key:
            if not isinstance(value, str):
                assert self._words.odd_key is not None
                raise Wrong(self._words.odd_key.encode())
            self._keys.append(value)
            self._expects = _COLON
        else:
            key = self._keys.pop()
            if key in container:
                raise Wrong(b"duplicate key")
            container[key] = value
