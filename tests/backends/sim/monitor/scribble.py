"""Random bytes of a client: JSON, nearly JSON, no JSON, and requests with odd envelopes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random import Random

PIECES = (
    *(b"{", b"}", b"[", b"]", b",", b":", b" ", b"\n", b"\t", b"\r"),
    *(b'"a"', b'"b"', b"'c'", b'"', b"'", b'"x', b'y"', b'"a":', b',"b":', b'"id":', b'{"a":1,', b"[["),
    *(b"1", b"0", b"-", b".", b"5", b"e", b"E", b"+", b"99999999999999999999", b"1e400"),
    *(b"true", b"false", b"null", b"nul", b"%", b"%d", b"A", b"/"),
    *(b"\\", b"\\u", b"\\n", b"\\ud800", b"\\udc00", b"\\u0041", b"\\x", b"\\/", b'\\"', b"\\'", b'"\\u12'),
    *(b"\x00", b"\x01", b"\x0c", b"\x7f", b"\xff", b"\xfe", b"\x80", b"\xc0\x80", b"\xc3\xa9", b"\xe2\x82"),
    *(b"\xed\xa0\x80", b"\xef\xbf\xbe", b"\xf4\x90\x80\x80", b"\xf0\x9f\x98\x80", b"\xf8\x80"),
    *(b'{"a":1}', b'{"execute":"x"}', b"{'a':[1,{}]}", b'{"execute":"query-version","id":1}'),
)
COMMANDS = ("qmp_capabilities", "query-version", "query-jobs", "no-such", "", "query-block-exports", "a\nb\u00e9\0")
WORDS = ("execute", "exec-oob", "arguments", "id", "foo", "Execute", "", "\u20ac")
_DEPTH_MAX = 4
_ODDS = 0.3


def nonsense(random: Random) -> bytes:
    """Bytes of which no more is expected than that they end somehow."""
    return bytes(random.randrange(256) for _ in range(random.randrange(1, 40)))


def pieces(random: Random) -> bytes:
    """Parts of JSON in any order."""
    return b"".join(random.choices(PIECES, k=random.randrange(1, 25)))


def damaged(random: Random) -> bytes:
    """Two values with a few bytes changed."""
    text = bytearray(value(random) + random.choice((b"", b"\n", b" ")) + value(random))
    for _ in range(random.randrange(4)):
        place = random.randrange(len(text) + 1)
        stop = place + random.randrange(2)
        text[place:stop] = random.choice((b"", random.choice(PIECES)))
    return bytes(text)


def value(random: Random, depth: int = 0) -> bytes:
    """JSON."""
    kind = random.randrange(8 if depth < _DEPTH_MAX else 5)
    if kind < 5:
        return random.choice((b"1", b'"s"', b"null", b"-2.5e3", b"'q'", b'"\\u00e9"', b"true"))
    if kind < 6:
        return b"[%s]" % b",".join(value(random, depth + 1) for _ in range(random.randrange(4)))
    return b"{%s}" % b",".join(b'"%c":%s' % (name, value(random, depth + 1)) for name in random.choices(b"abcde", k=2))


def request(random: Random) -> bytes:
    """A request with an envelope that is odd now and then."""
    members: list[tuple[str, Any]] = [("execute", random.choice(COMMANDS))]
    while random.random() < _ODDS:
        members.append((random.choice(WORDS), random.choice((None, "x", {}, [], {"a": 1}, 1.5, "query-version"))))
    if random.random() < _ODDS:
        members.append(("id", json.loads(value(random).replace(b"'", b'"'))))
    random.shuffle(members)
    unique = dict(members) if random.random() > 0.1 else None
    if unique is not None:
        return json.dumps(unique, ensure_ascii=random.random() < 0.5).encode()
    return b"{%s}" % b", ".join(f"{json.dumps(name)}: {json.dumps(content)}".encode() for name, content in members)


def requests(random: Random) -> bytes:
    """Some requests in a row."""
    return b"".join(request(random) + random.choice((b"", b"\n", b" ")) for _ in range(random.randrange(1, 5)))


def scribble(random: Random) -> bytes:
    """Any of these."""
    kind = random.choices((nonsense, pieces, damaged, requests), weights=(1, 4, 3, 4))[0]
    return kind(random)
