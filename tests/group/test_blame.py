"""Whose refusal it was: by foresight, by the text's own evidence, and never by guess."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.group.looked import bitmap, node, nodes
from tests.group.short import add, backup, clear, disable, enable, merge, remove
from txsh.group import text
from txsh.group.precheck import blame, first_refusal
from txsh.group.wire import ABORT
from txsh.model.event import QmpError
from txsh.model.state import JobInfo

if TYPE_CHECKING:
    from txsh.group.wire import QmpAction

WORLD = nodes(node("s0", "a", "b", bitmap("busy", busy=True)), node("s1", "a"), node("t0", driver="raw"), node("t1"))
LIST = [clear("a"), backup("j0"), backup("j1", source="s1", target="t1"), clear("b"), merge("a", "b")]


def _blamed(
    actions: list[QmpAction], description: str, *, version: tuple[int, int] = (7, 2)
) -> int | tuple[int, ...] | None:
    return blame(actions, WORLD, {}, QmpError("GenericError", description), version=version)


def test_the_first_of_two_equal_wrong_actions_is_the_one() -> None:
    actions = [clear("a"), clear("zz"), enable("zz")]
    assert _blamed(actions, "Dirty bitmap 'zz' not found") == 1


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("Parameter 'actions[1].data.name' is missing", 1),
        ("Invalid parameter type for 'actions[3].data.name', expected: string", 3),
        ("Parameter 'actions[7].data.name' is missing", None),
        ("Parameter 'actions[x' is missing", None),
        ("Node 't1' is busy: node is used as backing hd of 'ov'", 2),
        ("Permission conflict on node 's0': permissions 'write' are both required by x", 1),
        ("Could not create node: whatever", (1, 2)),
        ("Job ID 'j1' already in use", 2),
        ("Bitmap 'b' is inconsistent and cannot be used", (3, 4)),
        ("Bitmap 'a' is readonly and cannot be modified", (0, 4)),
        ("Source and target image have different sizes", (1, 2)),
        ("Node 's1' not found", None),
        ("Something nobody has ever said", None),
    ],
)
def test_the_texts_own_evidence_tells_or_names_the_candidates(
    description: str, expected: int | tuple[int, ...] | None
) -> None:
    assert _blamed(LIST, description) == expected


def test_an_option_of_one_backup_tells_it_from_another() -> None:
    tuned = backup("j1", source="s1", target="t1", x_perf={"min-cluster-size": 1 << 63})
    text_of_it = text.CLUSTER_TOO_LARGE.format(1 << 63, (1 << 63) - 1)

    assert _blamed([backup("j0"), tuned], text_of_it) == 1
    assert _blamed([backup("j0"), backup("j1", source="s1", target="t1")], text_of_it) is None


@pytest.mark.parametrize(
    ("action", "description"),
    [
        (add(""), text.EMPTY_NAME),
        (add("n", "zz"), text.NO_DEVICE.format("zz")),
        (add("n", granularity=3), text.GRANULARITY),
        (add("n", persistent=True), text.NOT_STORABLE.format("s0")),
        (add("n", persistent=True), text.NOT_STORABLE_IN.format("n", "s0", "whatever the format says")),
        (add("n"), text.EXISTS.format("n")),
        (remove("x"), text.NO_BITMAP.format("x")),
        (remove("x"), text.REMOVE_READONLY.format("x", "s0")),
        (disable("x", "n1"), text.NO_NODE.format("n1")),
        (merge("x", {"node": "n1", "name": "y"}), text.NO_BITMAP.format("y")),
        (merge("x", "y"), text.SIZES.format(1, 2)),
        (merge("x"), text.MERGE_OF_NOTHING),
        (backup("j", "bitmap"), text.NEEDS_BITMAP.format("bitmap")),
        (backup("j", "bitmap", bitmap="y"), text.NO_BACKUP_BITMAP.format("y")),
        (backup("j", "full", bitmap="y"), text.NEEDS_MODE),
        (backup("j", "full", bitmap="y", bitmap_mode="never"), text.NEVER_WITH.format("full")),
        (backup("j", "incremental", bitmap="y", bitmap_mode="never"), text.NEEDS_ON_SUCCESS),
        (backup("j", "none", bitmap="y"), text.SYNC_NONE_BITMAP),
        (backup("j", bitmap_mode="never"), text.MODE_WITHOUT_BITMAP),
        (backup("j", compress=True), text.NO_COMPRESSION),
        (backup("j", speed=-1), text.NEGATIVE_SPEED),
        (backup("j", x_perf={"max-workers": 0}), text.MAX_WORKERS),
        (backup("j", x_perf={"max-chunk": -1}), text.MAX_CHUNK),
        (backup("j", x_perf={"max-chunk": 4096}), text.CHUNK_TOO_SMALL.format(4096, 65536)),
        (backup("1 x"), text.BAD_JOB_ID.format("1 x")),
        (backup("j", "foo"), "Parameter 'sync' does not accept value 'foo'"),
        (("foo", {}), "Parameter 'type' does not accept value 'foo'"),
        (add("n", granularity=1 << 32), "Parameter 'granularity' expects uint32_t"),
        (clear("x"), text.not_grouped("block-dirty-bitmap-clear", (7, 2))),
        ((ABORT, {}), text.ABORTED),
    ],
)
def test_a_text_is_found_by_the_names_in_it_though_nothing_foresaw_it(action: QmpAction, description: str) -> None:
    other: list[QmpAction] = [("calc-dirty", {}), ("other", {"node": "o", "name": "o"})]
    found = blame([*other, action], {}, {}, QmpError("GenericError", description), version=(7, 2))
    assert found == 2


@pytest.mark.parametrize(("version", "index"), [((7, 2), 1), ((10, 0), 2), ((11, 1), 2)])
def test_a_grouped_list_is_judged_in_the_order_of_its_version(version: tuple[int, int], index: int) -> None:
    actions = [backup("j0"), backup("j1", source="zz"), clear("a"), enable("a")]
    refusal = first_refusal(actions, WORLD, {}, version=version, grouped=True)
    assert refusal is not None
    assert refusal.index == index
    assert blame(actions, WORLD, {}, refusal.error, version=version, grouped=True) == index


def test_under_grouped_an_old_version_lets_abort_say_its_own_words_and_a_new_one_does_not() -> None:
    descriptions = [
        refusal.error.description
        for version in ((7, 2), (11, 1))
        if (refusal := first_refusal([(ABORT, {})], {}, {}, version=version, grouped=True))
    ]
    assert descriptions == [
        text.ABORTED,
        "Action 'abort' does not support transaction property completion-mode = grouped",
    ]


@pytest.mark.parametrize(
    ("version", "added", "removed"),
    [
        ((7, 2), None, "Bitmap 'p' is readonly and cannot be modified"),
        ((10, 0), None, "Bitmap 'p' is readonly and cannot be modified"),
        (
            (11, 1),
            "Cannot add a persistent bitmap to read-only or inactive node 'ro'",
            "Cannot remove persistent bitmap 'p': no write access to node 'ro'",
        ),
    ],
)
def test_what_differs_between_versions_on_a_read_only_node(
    version: tuple[int, int], added: str | None, removed: str
) -> None:
    world = nodes(node("ro", bitmap("p", persistent=True), readonly=True))
    adding = first_refusal([add("n", "ro", persistent=True)], world, {}, version=version)
    removing = first_refusal([remove("p", "ro")], world, {}, version=version)
    assert (adding.error.description if adding else None) == added
    assert removing is not None
    assert removing.error.description == removed


def test_a_merge_of_nothing_is_stopped_in_words_of_our_own_unless_qemu_refuses_something() -> None:
    alone = first_refusal([merge("a"), clear("b")], WORLD, {}, version=(7, 2))
    assert alone is not None
    assert (alone.index, alone.error.description) == (0, "Parameter 'bitmaps' expects at least one bitmap")
    with_abort = first_refusal([merge("a"), (ABORT, {})], WORLD, {}, version=(7, 2))
    assert with_abort is not None
    assert (with_abort.index, with_abort.error.description) == (1, "Transaction aborted using Abort action")


def test_a_job_of_before_keeps_its_id() -> None:
    jobs = {"j0": JobInfo("j0", "backup", "running", 0, 0, None)}
    refusal = first_refusal([backup("j0")], WORLD, jobs, version=(7, 2))
    assert refusal is not None
    assert refusal.error.description == "Job ID 'j0' already in use"


def test_a_device_name_is_looked_up_and_gives_the_job_its_id() -> None:
    kind, data = backup("", source="drive")
    del data["job-id"]  # type: ignore[attr-defined]
    assert first_refusal([(kind, data)], WORLD, {}, version=(7, 2), aliases={"drive": "s0"}) is None
    twice = first_refusal(
        [(kind, data), backup("drive", target="t1")], WORLD, {}, version=(7, 2), aliases={"drive": "s0"}
    )
    assert twice is not None
    assert twice.error.description == "Job ID 'drive' already in use"
