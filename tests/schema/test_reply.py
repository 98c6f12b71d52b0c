"""The replies that are made from the recorded schemas are those of the real QEMUs, letter for letter.

The digests were taken from what the real ones answered.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pytest

from txsh.schema.reply import commands_reply, schema_reply
from txsh.schema.table import table

REPLIES = [
    ((7, 2), "qemu-system", 1051, "e2c07b20f53e522d", "e57bca544af13b36"),
    ((7, 2), "qsd", 494, "9c0058b69cba6f45", "90803b4ff6b7f23b"),
    ((10, 0), "qemu-system", 1172, "0e4afefbef65f5e4", "dbe4408a9eab3605"),
    ((10, 0), "qsd", 513, "0e085475429ff07e", "de47e61717dfc98c"),
    ((11, 1), "qemu-system", 1230, "d151753f7ea801d8", "b0719323218125d4"),
    ((11, 1), "qsd", 531, "3b01b75aaaa6eb1e", "bfa13303a36cdcb8"),
]


def digest(reply: Any) -> str:
    return sha256(json.dumps(reply).encode()).hexdigest()[:16]


@pytest.mark.parametrize(("version", "program", "entries", "schema", "commands"), REPLIES)
def test_the_schema_and_the_commands_are_answered_as_the_real_one_does(
    version: tuple[int, int],
    program: str,
    entries: int,
    schema: str,
    commands: str,
) -> None:
    types = table(version, program)

    assert len(schema_reply(types)) == entries
    assert digest(schema_reply(types)) == schema
    assert digest(commands_reply(types)) == commands
