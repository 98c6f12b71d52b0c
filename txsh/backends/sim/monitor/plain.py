"""The usual case in a hurry: a line that is one plain JSON object, read by Python's own parser.

Whatever is not plain is left to the lexer, so that no text can mean two things. Not plain is all in which QEMU's JSON
and Python's differ, or might: other bytes than ASCII, code points as escapes, names that come twice, exponents, numbers
that do not fit into 64 bits, NaN, deep nesting.
"""

from __future__ import annotations

from json import JSONDecoder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

_NESTING = 200
"""More brackets than this are not plain."""
_DIGITS_MAX = 18


def read_plain(line: bytes) -> dict[str, Any] | None:
    """The object that is all of a line; None when it is not plain, or not JSON, or not whole."""
    if not line.startswith(b"{") or b"\\u" in line or not line.isascii():
        return None
    if line.count(b"{") + line.count(b"[") > _NESTING:
        return None
    try:
        value: dict[str, Any] = _DECODER.decode(line.decode("ascii"))
    except ValueError:
        return None
    return value


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(members)
    if len(made) != len(members):
        raise ValueError("a name that comes twice")
    return made


def _integer(text: str) -> int:
    if len(text) > _DIGITS_MAX:
        raise ValueError("a number that may be too large")
    return int(text)


def _float(text: str) -> float:
    if "e" in text or "E" in text:
        raise ValueError("an exponent")  # QEMU reads 0e1 as a number and a word
    return float(text)


def _constant(text: str) -> NoReturn:
    raise ValueError(text)


_DECODER = JSONDecoder(object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant)
