"""The command line of a QEMU: objects, nodes, drives, exports that are there before the first client comes.

Knows nothing of QMP's wire, but says everything as the QMP commands that do the same. Of qemu-system's options only
those are here that concern the block layer. Source: QEMU system/vl.c, blockdev.c (drive_new, blockdev_init),
storage-daemon/qemu-storage-daemon.c, util/keyval.c.
"""

from __future__ import annotations

from string import hexdigits

from txsh.backends.base import BackendLost, CommandFailed, NotSimulated
from txsh.backends.sim.command import module_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from txsh.backends.sim.world import World
    from txsh.schema.words import WordError

    Pairs = list[tuple[str, str]]

IGNORED = {"nodefaults": False, "display": True, "nographic": False, "no-user-config": False}
"""Options of qemu-system that change nothing here; whether they have a value."""
BOOLEANS = {"on": True, "yes": True, "y": True, "off": False, "no": False, "n": False}
EXPECTED = {"integer": "integer", "boolean": "'on' or 'off'"}
"""What a text should be, by QMP's name of the type. Source: qapi/qobject-input-visitor.c, the functions for keyval."""
WITH_VALUE = ("object", "blockdev", "drive", "machine", "M", "name")
SYSTEM_ORDER = ("object", "blockdev", "drive")
"""Whatever the order on the command line. Source: system/vl.c, qemu_create_early_backends."""


def start(world: World, arguments: Sequence[str]) -> None:
    """Do what the command line says.

    Raises:
        NotSimulated: an option without a model.
        BackendLost: QEMU would not start; it says why.
    """
    is_system = world.program == "qemu-system"
    for option, value in _in_order(arguments) if is_system else _daemon_options(arguments):
        try:
            _DO[option](world, value)
        except CommandFailed as failed:
            raise BackendLost(f"QEMU does not start: -{option} {value}: {failed}") from None
    world.loop.run_ready()
    world.events.clear()


def _daemon_options(arguments: Sequence[str]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    words = list(arguments)
    while words:
        name, is_joined, value = words.pop(0).partition("=")
        if name not in ("--object", "--blockdev", "--nbd-server", "--export"):
            raise NotSimulated(f"option {name} of qemu-storage-daemon")
        if not is_joined and not words:
            raise BackendLost(f"QEMU does not start: {name} requires an argument")
        found.append((name[2:], value if is_joined else words.pop(0)))
    return found


def _in_order(arguments: Sequence[str]) -> list[tuple[str, str]]:
    """The options of qemu-system in the order in which it minds them."""
    found: list[tuple[str, str]] = []
    words = list(arguments)
    while words:
        word = words.pop(0)
        name = word.removeprefix("-").removeprefix("-")
        if name == "S":
            found.append(("S", ""))
            continue
        if name not in IGNORED and name not in WITH_VALUE:
            raise NotSimulated(f"option {word} of qemu-system")
        if not IGNORED.get(name, True):
            continue
        if not words:
            raise BackendLost(f"QEMU does not start: {word}: requires an argument")
        value = words.pop(0)
        if name in ("machine", "M") and value != "none":
            raise NotSimulated(f"machine {value}")
        if name in _DO:
            found.append((name, value))
    late = [each for each in found if each[0] not in SYSTEM_ORDER]
    return [each for option in SYSTEM_ORDER for each in found if each[0] == option] + late


def read_pairs(text: str, implied: str = "") -> Pairs:
    """``key=value,key=value``; a comma in a value is written twice; the first key may be left out."""
    pairs: Pairs = []
    for index, part in enumerate(text.replace(",,", "\0").split(",")):
        key, has_value, value = part.replace("\0", ",").partition("=")
        if not key and not has_value:
            continue
        if not has_value:
            key, value = (implied, key) if implied and index == 0 else (key, "on")
        pairs.append((key, value))
    return pairs


def _run(world: World, command: str, text: str, implied: str = "") -> None:
    """Do what an option says as a QMP command."""
    if text.startswith("{"):
        import json  # noqa: PLC0415  # few options are written so

        _execute(world, command, json.loads(text))
    else:
        pairs = read_pairs(text, implied)
        arguments = _typed(world, command, pairs)
        for key, value in pairs:
            _refuse_unit(arguments, key, value)
        _execute(world, command, arguments)


def _refuse_unit(arguments: Any, key: str, value: str) -> None:
    """No integer of these commands takes a unit, unlike sizes of a ``-drive``. Source: qapi/qobject-input-visitor.c."""
    found = arguments
    for part in key.split("."):
        found = found[int(part)] if isinstance(found, list) else found[part]
    if isinstance(found, int) and not isinstance(found, bool) and not _is_number(value):
        raise CommandFailed("GenericError", f"Parameter '{key}' expects integer")


def _is_number(text: str) -> bool:
    digits = text.lstrip("+-")
    return digits.isdecimal() or (digits[:2] in ("0x", "0X") and all(digit in hexdigits for digit in digits[2:]))


def _judged(world: World, command: str, words: list[tuple[str, Any]], misfit: WordError) -> str:
    """What QEMU says of a value that is nothing of its type: the others are what they are, this one is a text."""
    from txsh.schema.visitor import refusal  # noqa: PLC0415  # it loads the schema
    from txsh.schema.words import WordError, read_words  # noqa: PLC0415  # only a command line needs it

    version, program = world.profile.version, world.program
    try:
        arguments = read_words(version, program, command, [word for word in words if word[0] != misfit.key])
    except WordError:
        return str(misfit)
    *path, last = misfit.key.split(".")
    place = arguments
    for part in path:
        place = place.setdefault(part, {})
    place[last] = dict(words).get(misfit.key)
    refused = refusal(version, program, command, arguments)
    if refused is None:
        return str(misfit)
    _, has_type, expected = refused.description.partition(", expected: ")
    if has_type and expected in EXPECTED:
        return f"Parameter '{misfit.key}' expects {EXPECTED[expected]}"
    return refused.description


def _typed(world: World, command: str, pairs: Pairs) -> dict[str, Any]:
    """The values as the command's schema has them; what it takes for a boolean may be said in more words than QMP's."""
    from txsh.schema.words import WordError, read_words  # noqa: PLC0415  # only a command line needs it

    words: list[tuple[str, Any]] = list(pairs)
    while True:
        try:
            return read_words(world.profile.version, world.program, command, words)
        except WordError as misfit:
            place = next((at for at, (key, value) in enumerate(words) if key == misfit.key and value in BOOLEANS), None)
            if place is None:
                raise CommandFailed("GenericError", _judged(world, command, words, misfit)) from None
            words[place] = misfit.key, BOOLEANS[words[place][1]]


def _execute(world: World, command: str, arguments: Mapping[str, Any]) -> None:
    from txsh.schema.visitor import refusal  # noqa: PLC0415  # it loads the schema

    refused = refusal(world.profile.version, world.program, command, arguments)
    if refused is not None:
        raise CommandFailed(refused.error_class, refused.description)
    module = module_of(command)
    assert module is not None, command
    module.COMMANDS[command](world, arguments)


def _nbd_server(world: World, text: str) -> None:
    """Its address is flat where QMP nests it."""
    pairs: Pairs = []
    for key, value in read_pairs(text):
        pairs.append((key.replace("addr.", "addr.data.") if key != "addr.type" else key, value))
    _execute(world, "nbd-server-start", _typed(world, "nbd-server-start", pairs))


def _stop(world: World, text: str) -> None:
    del text
    world.running = False
    world.not_started = True


def _name(world: World, text: str) -> None:
    world.name = dict(read_pairs(text, "guest")).get("guest")


def _drive(world: World, text: str) -> None:
    from txsh.backends.sim.drive import add_drive  # noqa: PLC0415  # few command lines have one

    add_drive(world, read_pairs(text), lambda pairs: _typed(world, "blockdev-add", pairs))


_DO = {
    "object": lambda world, text: _run(world, "object-add", text, "qom-type"),
    "blockdev": lambda world, text: _run(world, "blockdev-add", text, "driver"),
    "export": lambda world, text: _run(world, "block-export-add", text, "type"),
    "nbd-server": _nbd_server,
    "drive": _drive,
    "name": _name,
    "S": _stop,
}
