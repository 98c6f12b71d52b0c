"""Opening nodes: QEMU's order, its refusals, what children inherit, what queries show of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.backends.sim.lab import MEBIBYTE, Lab
from txsh.backends.base import BackendLost, NotSimulated

VERSIONS = ((7, 2), (10, 0), (11, 1))


def add(lab: Lab, driver: str, node: str, **options: Any) -> None:
    lab.execute("blockdev-add", _arguments(driver, node, options))


def refusal(lab: Lab, driver: str, node: str, **options: Any) -> str:
    return lab.refused("blockdev-add", _arguments(driver, node, options))


def _arguments(driver: str, node: str, options: dict[str, Any]) -> dict[str, Any]:
    return {"driver": driver, "node-name": node, **{name.replace("_", "-"): value for name, value in options.items()}}


@pytest.fixture
def lab() -> Lab:
    """With a raw file ``a`` and a qcow2 file ``q``."""
    lab = Lab("qsd")
    lab.image("a", "raw")
    lab.image("q", "qcow2")
    return lab


FILE = {"driver": "file", "filename": "a"}


@pytest.mark.parametrize(
    ("driver", "options", "text"),
    [
        ("file", {"filename": ""}, "The 'file' block driver requires a file name"),
        ("file", {"filename": "gone"}, "Could not open 'gone': No such file or directory"),
        (
            "file",
            {"filename": "a", "aio": "native"},
            "aio=native was specified, but it requires cache.direct=on, which was not specified.",
        ),
        ("null-co", {"cache": {}}, "Block protocol 'null-co' doesn't support the option 'cache'"),
        ("raw", {"file": FILE, "cache": {}}, "Block format 'raw' does not support the option 'cache'"),
        ("raw", {"file": "gone"}, "Cannot find device='gone' nor node-name='gone'"),
        ("raw", {"file": FILE, "size": 1000}, "Specified size is not multiple of 512"),
        (
            "raw",
            {"file": FILE, "offset": 2 * MEBIBYTE},
            "Offset (2097152) cannot be greater than size of the containing file (1048576)",
        ),
        (
            "raw",
            {"file": FILE, "offset": 512, "size": MEBIBYTE},
            (
                "The sum of offset (512) and size (1048576) has to be smaller or equal to the  actual size of the "
                "containing file (1048576)"
            ),
        ),
        ("qcow2", {"file": FILE}, "Image is not in qcow2 format"),
        (
            "qcow2",
            {"file": FILE, "backing": None, "force_share": True},
            "force-share=on can only be used with read-only images",
        ),
        (
            "null-co",
            {"detect_zeroes": "unmap"},
            "setting detect-zeroes to unmap is not allowed without setting discard operation to unmap",
        ),
        ("blkdebug", {"image": "n"}, "Making 'n' a image child of 'n' would create a cycle"),
    ],
)
def test_what_cannot_be_opened_is_refused_in_qemus_words(
    lab: Lab, driver: str, options: dict[str, Any], text: str
) -> None:
    assert refusal(lab, driver, "n", **options) == text
    assert lab.execute("query-named-block-nodes") == []


@pytest.mark.parametrize(
    ("version", "text"),
    [
        ((7, 2), "Parameter 'offset' expects a non-negative number below 2^64"),
        ((10, 0), "Value '-1' is out of range for parameter 'offset'"),
        ((11, 1), "Value '-1' is out of range for parameter 'offset'"),
    ],
)
def test_a_negative_offset_is_refused_in_the_words_of_the_version(version: tuple[int, int], text: str) -> None:
    assert refusal(Lab("qsd", version), "raw", "n", file={"driver": "null-co"}, offset=-1) == text


def test_the_file_of_a_format_is_opened_before_its_name_is_looked_at(lab: Lab) -> None:
    add(lab, "null-co", "n")

    assert refusal(lab, "raw", "n", file={"driver": "file", "filename": "gone"}).startswith("Could not open 'gone'")
    assert refusal(lab, "blkdebug", "n", image={"driver": "file", "filename": "gone"}).startswith("Duplicate nodes")


def test_a_filter_stands_before_what_it_opens_itself(lab: Lab) -> None:
    add(lab, "blkdebug", "d", image={**FILE, "node-name": "f"})
    add(lab, "raw", "r", file={"driver": "null-co", "node-name": "n"})

    names = [node["node-name"] for node in lab.execute("query-named-block-nodes")]
    assert names == ["r", "n", "f", "d"]


def test_children_inherit_how_the_file_is_cached_and_that_it_is_read_only(lab: Lab) -> None:
    child = {"driver": "file", "filename": "q", "node-name": "f"}
    add(lab, "qcow2", "n", file=child, read_only=True, cache={"direct": True, "no-flush": True})

    below = lab.info("f")
    assert below["ro"]
    assert below["cache"] == {"direct": True, "no-flush": True, "writeback": True}


def test_a_missing_backing_file_is_named_as_such(lab: Lab) -> None:
    lab.image("o", "qcow2", backing=("gone", "qcow2"))

    text = refusal(lab, "qcow2", "n", file={"driver": "file", "filename": "o"})

    assert text == "Could not open backing file: Could not open 'gone': No such file or directory"
    add(lab, "qcow2", "n", file={"driver": "file", "filename": "o"}, backing=None)


@pytest.mark.parametrize(
    ("backing", "text"),
    [
        ({"driver": "null-co"}, "The only allowed filename for this driver is 'null-co://'"),
        ({"driver": "file", "filename": "a"}, "Can't specify 'file' and 'filename' options at the same time"),
        (
            {"driver": "raw", "file": "x"},
            "Cannot reference an existing block device with additional options or a new filename",
        ),
    ],
)
def test_a_backing_file_named_twice_is_refused(lab: Lab, backing: dict[str, Any], text: str) -> None:
    lab.image("o", "qcow2", backing=("q", "qcow2"))
    add(lab, "null-co", "x")

    found = refusal(lab, "qcow2", "n", file={"driver": "file", "filename": "o"}, backing=backing)

    assert found == f"Could not open backing file: {text}"


def test_what_a_node_is_opened_from_must_not_name_it(lab: Lab) -> None:
    with pytest.raises(BackendLost, match="names that node"):
        add(lab, "blkdebug", "n", image={"driver": "raw", "file": "n"})


@pytest.mark.parametrize("name", ["json:{'driver': 'null-co'}", "null-co://", "a:b"])
def test_a_backing_file_that_is_not_named_by_a_path_has_no_model(lab: Lab, name: str) -> None:
    lab.image("o", "qcow2", backing=(name, "raw"))

    with pytest.raises(NotSimulated, match="named by protocol or options"):
        add(lab, "qcow2", "n", file={"driver": "file", "filename": "o"})

    assert lab.execute("query-named-block-nodes") == []


def test_a_driver_without_a_model_is_named(lab: Lab) -> None:
    with pytest.raises(NotSimulated, match="driver luks"):
        add(lab, "luks", "n", file="x")


@pytest.mark.parametrize("version", VERSIONS)
def test_what_a_node_shows_depends_on_the_version(version: tuple[int, int]) -> None:
    lab = Lab("qsd", version)
    lab.image("q", "qcow2")
    lab.open("qcow2", "n", "q")

    info = lab.info("n")

    assert ("active" in info) == (version > (7, 2))
    assert ("children" in info) == ("limits" in info["image"]) == (version > (10, 0))
    if "children" in info:
        assert [child["child"] for child in info["children"]] == ["file"]
        assert info["image"]["limits"]["write-zeroes-alignment"] == 65536


@pytest.mark.parametrize(("version", "length"), [((7, 2), 196608), ((10, 0), 512), ((11, 1), 196608)])
def test_who_notices_that_a_node_below_has_grown_depends_on_the_version(version: tuple[int, int], length: int) -> None:
    lab = Lab("qsd", version)
    add(lab, "null-co", "n", size=512)
    add(lab, "raw", "r", file="n")

    lab.execute("blockdev-create", {"job-id": "c", "options": {"driver": "qcow2", "file": "n", "size": MEBIBYTE}})
    lab.settle()

    assert lab.info("n")["image"]["virtual-size"] == 196608
    assert lab.info("r")["image"]["virtual-size"] == length


def test_the_graph_names_what_came_first_last_and_numbers_by_first_mention(lab: Lab) -> None:
    add(lab, "file", "f", filename="q")
    add(lab, "qcow2", "q", file="f")

    assert lab.execute("x-debug-query-block-graph") == {
        "nodes": [
            {"name": "q", "type": "block-driver", "id": 2},
            {"name": "f", "type": "block-driver", "id": 1},
        ],
        "edges": [
            {
                "name": "file",
                "parent": 2,
                "child": 1,
                "perm": ["resize", "write", "consistent-read"],
                "shared-perm": ["write-unchanged", "consistent-read"],
            }
        ],
    }


def test_options_of_rules_stand_in_the_order_of_qemus_dictionaries(lab: Lab) -> None:
    rules = [{"event": "none", "iotype": "write", "once": True}, {"event": "none", "iotype": "read", "once": False}]
    add(lab, "blkdebug", "d", image={"driver": "null-co"}, inject_error=rules)

    assert lab.info("d")["file"] == (
        'json:{"inject-error.0.once": true, "inject-error.1.once": false, "image": {"driver": "null-co"}, '
        '"driver": "blkdebug", "inject-error.0.iotype": "write", "inject-error.1.iotype": "read", '
        '"inject-error.0.event": "none", "inject-error.1.event": "none"}'
    )


def test_a_fault_filter_takes_and_withholds_what_it_is_told(lab: Lab) -> None:
    add(lab, "null-co", "n", size=MEBIBYTE)
    add(lab, "blkdebug", "d", image="n", take_child_perms=["write"], unshare_child_perms=["resize"])

    (edge,) = lab.execute("x-debug-query-block-graph")["edges"]

    assert edge["perm"] == ["write"]
    assert edge["shared-perm"] == ["write-unchanged", "write", "consistent-read"]


def test_a_node_that_shares_by_force_leaves_everything_to_others(lab: Lab) -> None:
    add(lab, "file", "f", filename="q", read_only=True, force_share=True)
    add(lab, "qcow2", "n", file="f", read_only=True)

    (edge,) = lab.execute("x-debug-query-block-graph")["edges"]

    assert edge["shared-perm"] == ["resize", "write-unchanged", "write", "consistent-read"]
