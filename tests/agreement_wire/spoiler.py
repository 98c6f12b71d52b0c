"""Makes right things wrong: arguments, envelopes, bytes."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random import Random

_VALUES: tuple[Any, ...] = (None, True, 0, -1, 1.5, 1 << 40, 1 << 64, "", "b0", "full", [], [1], {}, {"node": "s0"})
_BYTES = b"{}[]:,\"'\\ \n\t0123456789.eE+-truefalsn%\x00\x7f\xc3\xa9\xfe\xed"


def spoil(random: Random, arguments: dict[str, Any]) -> dict[str, Any]:
    """Arguments with one thing wrong: a member gone, of another kind, or one too many."""
    spoilt = copy.deepcopy(arguments)
    place = random.choice(_objects(spoilt))
    how = random.randrange(3)
    if how == 0 and place:
        del place[random.choice(sorted(place))]
    elif how == 1 and place:
        place[random.choice(sorted(place))] = random.choice(_VALUES)
    else:
        place[random.choice(("x", "id", "nodes", "granularity", "speed", "persistent"))] = random.choice(_VALUES)
    return spoilt


def odd_envelope(random: Random, command: str, arguments: dict[str, Any]) -> Any:
    """A message that is not quite as QMP wants it."""
    message: Any = {"execute": command, "arguments": arguments, "id": random.choice(_VALUES)}
    how = random.randrange(8)
    if how == 0:
        message["execute"] = random.choice(_VALUES)
    elif how == 1:
        del message["execute"]
    elif how == 2:
        message["arguments"] = random.choice(_VALUES)
    elif how == 3:
        message[random.choice(("control", "exec-oob", "execute-oob", "x", ""))] = random.choice(("query-name", {}))
    elif how == 4:
        message["exec-oob"] = message.pop("execute")
    elif how == 5:
        message = random.choice(_VALUES)
    elif how == 6:
        message["execute"] = "qmp_capabilities"
        message["arguments"] = random.choice(({}, {"enable": []}, {"enable": ["foo"]}, {"enable": "oob"}, {"x": 1}))
    else:
        del message["arguments"]
    return message


def spoil_text(random: Random, text: bytes) -> bytes:
    """Bytes with a few of them changed, taken away or put in."""
    spoilt = bytearray(text)
    for _ in range(random.choice((1, 1, 2, 4))):
        place = random.randrange(len(spoilt))
        how = random.randrange(3)
        if how == 0:
            spoilt[place] = random.choice(_BYTES)
        elif how == 1 and len(spoilt) > 1:
            del spoilt[place]
        else:
            spoilt.insert(place, random.choice(_BYTES))
    return bytes(spoilt)


def _objects(value: Any) -> list[dict[str, Any]]:
    """All objects in a value, itself included."""
    found: list[dict[str, Any]] = []
    if isinstance(value, dict):
        found.append(value)
        for each in value.values():
            found += _objects(each)
    elif isinstance(value, list):
        for each in value:
            found += _objects(each)
    return found
