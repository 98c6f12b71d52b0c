"""Recording: a reply joined with a source tree, and made from the lines again."""

from __future__ import annotations

from typing import Any

from txsh.schema.lines import lines_of
from txsh.schema.record import names_of
from txsh.schema.reply import schema_reply
from txsh.schema.table import Table

ENTRIES: list[dict[str, Any]] = [
    {"name": "go", "ret-type": "[int]", "allow-oob": True, "meta-type": "command", "arg-type": "1"},
    {"name": "stop", "ret-type": "0", "meta-type": "command", "arg-type": "0", "features": ["deprecated", "unstable"]},
    {"name": "GONE", "meta-type": "event", "arg-type": "0"},
    {"name": "[int]", "element-type": "int", "meta-type": "array"},
    {
        "name": "1",
        "tag": "how",
        "variants": [{"case": "by", "type": "5"}, {"case": "to", "type": "0"}],
        "members": [
            {"name": "how", "type": "4"},
            {"name": "size", "type": "int", "features": ["deprecated"]},
            {"name": "with", "default": None, "type": "[2]"},
        ],
        "meta-type": "object",
    },
    {"name": "0", "members": [], "meta-type": "object", "features": ["odd"]},
    {"name": "int", "json-type": "int", "meta-type": "builtin"},
    {"name": "[2]", "element-type": "2", "meta-type": "array"},
    {"name": "2", "members": [{"type": "str"}, {"type": "int"}, {"type": "0"}], "meta-type": "alternate"},
    {
        "name": "4",
        "members": [{"name": "by", "features": ["unstable"]}, {"name": "to"}],
        "meta-type": "enum",
        "values": ["by", "to"],
    },
    {"name": "5", "members": [{"name": "by", "type": "int"}], "meta-type": "object"},
    {"name": "str", "json-type": "string", "meta-type": "builtin"},
]


class Source:
    """Stands for QEMU's own parser: entities with attributes, as it makes them."""

    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)

    def json_type(self) -> Any:
        return self.__dict__["kind"]


def source(word: str) -> Source:
    """A source tree that fits `ENTRIES`; `word` is what its parser calls the further types of a tagged object."""
    text, number = Source(name="str", kind="string"), Source(name="uint32", kind="int")
    size = Source(name="size", kind="int")
    empty = Source(name="q_empty", kind="object", members=[])
    either = Source(name="Either", kind="value", variants=Source(variants=list(map(variant, (text, number, empty)))))
    by = Source(name="By", kind="object", members=[Source(name="by", type=size)])
    how = Source(name="How", kind="string")
    members = [
        Source(name="how", type=how),
        Source(name="size", type=number),
        Source(name="with", type=Source(element_type=either, kind="array")),
    ]
    tagged = Source(variants=[Source(name="by", type=by), Source(name="to", type=empty)])
    argument = Source(name="q_obj_go-arg", kind="object", members=members, **{word: tagged})
    returned = Source(element_type=Source(name="uint8", kind="int"), kind="array")
    entities = {
        "go": Source(gen=True, allow_preconfig=True, arg_type=argument, ret_type=returned),
        "stop": Source(gen=False, allow_preconfig=False, arg_type=None, ret_type=None),
        "GONE": Source(arg_type=None),
    }
    return Source(lookup_entity=entities.__getitem__, the_empty_object_type=empty)


def variant(of: Source) -> Source:
    return Source(type=of)


LINES = [
    "go command+oob+preconfig q_obj_go-arg -> [uint8]",
    "stop command+by-hand(deprecated,unstable) q_empty",
    "GONE event q_empty",
    "[int] array",
    "q_obj_go-arg object#1 how=How size(deprecated)=uint32 with?=[Either] | how by=By",
    "q_empty object#0(odd)",
    "int builtin",
    "[Either] array",
    "Either alternate#2 string=str number=uint32 object=q_empty",
    "How enum#4 by(unstable) to",
    "By object by=size",
    "str builtin",
]


def test_recording_joins_what_a_qemu_tells_with_the_names_and_integers_of_its_source() -> None:
    for word in ("variants", "branches"):
        assert lines_of(ENTRIES, names_of(ENTRIES, source(word))) == LINES


def test_the_reply_is_made_from_the_lines_again() -> None:
    assert schema_reply(Table("\n".join(["", *LINES, ""]))) == ENTRIES
