"""Commands described in words."""

from __future__ import annotations

from txsh.schema.describe import MemberDescription, describe


def member(version: tuple[int, int], name: str, wanted: str) -> MemberDescription:
    described = describe(version, "qsd", name)
    assert described is not None
    return next(each for each in described.members if each.name == wanted)


def test_a_members_type_is_said_in_words() -> None:
    assert member((7, 2), "blockdev-backup", "sync").takes == "one of: top, full, none, incremental, bitmap"
    assert member((7, 2), "block-dirty-bitmap-add", "granularity").takes == "a whole number"
    assert member((7, 2), "block-dirty-bitmap-add", "persistent").takes == "true or false"
    assert member((7, 2), "block-dirty-bitmap-merge", "bitmaps").takes == "a list of: a string or an object"
    assert member((7, 2), "transaction", "properties").takes == "an object"
    assert member((7, 2), "transaction", "properties").type == "TransactionProperties"
    assert member((11, 1), "block-export-add", "iothread").takes == "a string or a list of: a string"


def test_what_may_be_left_out_and_what_qemu_says_of_it_is_told() -> None:
    assert not member((7, 2), "blockdev-backup", "device").optional
    assert member((7, 2), "blockdev-backup", "x-perf").optional
    assert member((7, 2), "blockdev-backup", "x-perf").unstable
    assert not member((7, 2), "blockdev-backup", "speed").unstable
    deprecated = describe((7, 2), "qsd", "drive-backup")
    assert deprecated is not None
    assert deprecated.deprecated


def test_it_is_told_since_when_a_command_or_member_is_there() -> None:
    active = describe((11, 1), "qsd", "blockdev-set-active")

    assert active is not None
    assert active.since == (10, 0)
    assert member((11, 1), "blockdev-backup", "on-cbw-error").since == (11, 1)
    assert member((11, 1), "blockdev-backup", "sync").since is None


def test_a_tag_tells_which_further_members_there_are() -> None:
    add = describe((11, 1), "qsd", "blockdev-add")

    assert add is not None
    assert add.tag == "driver"
    assert add.cases["raw"] == "BlockdevOptionsRaw"
    raw = describe((11, 1), "qsd", "BlockdevOptionsRaw")
    assert raw is not None
    assert [each.name for each in raw.members] == ["file", "offset", "size"]
    assert add.returns is None


def test_of_a_name_or_an_object_the_object_is_described() -> None:
    either = describe((7, 2), "qsd", "BlockDirtyBitmapOrStr")

    assert either is not None
    assert [each.name for each in either.members] == ["node", "name"]
    assert describe((7, 2), "qsd", "StrOrNull") is None


def test_a_type_is_described_as_a_command_is_and_a_name_of_neither_is_none() -> None:
    properties = describe((9, 0), "qsd", "TransactionProperties")

    assert properties is not None
    assert [each.name for each in properties.members] == ["completion-mode"]
    assert describe((7, 2), "qsd", "ActionCompletionMode") is None
    assert describe((7, 2), "qsd", "blockdev-set-active") is None


def test_it_is_told_what_a_command_returns() -> None:
    jobs = describe((7, 2), "qsd", "query-jobs")

    assert jobs is not None
    assert jobs.returns == ("a list of: an object", "[JobInfo]")
