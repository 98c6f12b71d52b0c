"""The replay itself notices what differs, and only what counts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.replay.player import replay
from tests.replay.recording import FOLDER, Line, Recording, read
from tests.replay.simulator import SimulatedTarget

if TYPE_CHECKING:
    from collections.abc import Callable

GROUP = "06-group-fail1.7.2.jsonl"
BITMAP = "07-bitmap-full-always-fail.7.2.jsonl"


def changed(name: str, wanted: Callable[[Line], bool], change: Callable[[Any], Any]) -> Recording:
    """A recording with the last line that is wanted changed."""
    recording = read(FOLDER / name)
    index = max(index for index, line in enumerate(recording.lines) if wanted(line))
    line = recording.lines[index]
    message = change(json.loads(json.dumps(line.message)))
    recording.lines[index] = line._replace(message=message)
    return recording


def mismatch(recording: Recording) -> str:
    outcome = replay(recording, SimulatedTarget((7, 2)))
    assert not outcome.same
    return outcome.mismatch or ""


def event(name: str, status: str = "") -> Callable[[Line], bool]:
    return lambda line: (
        line.kind == "event"
        and line.message["event"] == name
        and line.message["data"].get("status", status) == (status or line.message["data"].get("status", status))
    )


def test_an_event_with_other_data_differs_and_is_told_with_file_and_line() -> None:
    recording = changed(
        GROUP,
        event("BLOCK_JOB_CANCELLED"),
        lambda message: message | {"data": message["data"] | {"offset": 1}},
    )
    line = max(line.number for line in recording.lines if event("BLOCK_JOB_CANCELLED")(line))

    text = mismatch(recording)

    assert text.startswith(f"{GROUP}:{line}\n  expected: BLOCK_JOB_CANCELLED")
    assert "'offset': 1," in text.splitlines()[1]
    assert "last events:\n    JOB_STATUS_CHANGE" in text


def test_an_event_that_never_comes_differs() -> None:
    recording = read(FOLDER / GROUP)
    extra = Line(900, "event", {"event": "JOB_STATUS_CHANGE", "data": {"id": "j0", "status": "ready"}}, probe=False)
    recording.lines.insert(-1, extra)

    assert "got:      nothing" in mismatch(recording)


def test_an_event_that_was_never_recorded_differs() -> None:
    recording = read(FOLDER / GROUP)
    index = max(index for index, line in enumerate(recording.lines) if event("JOB_STATUS_CHANGE", "null")(line))
    del recording.lines[index]

    assert "expected: nothing" in mismatch(recording)


def test_the_order_in_which_members_of_a_group_end_counts() -> None:
    recording = read(FOLDER / GROUP)
    end = next(index for index, line in enumerate(recording.lines) if event("JOB_STATUS_CHANGE", "null")(line))
    following = recording.lines[end + 1]
    assert following.kind == "event"
    recording.lines[end : end + 2] = [following, recording.lines[end]]

    assert "in its group's order" in mismatch(recording)


def test_another_reply_differs() -> None:
    recording = changed(
        "02-remove-add.7.2.jsonl",
        lambda line: line.kind == "out",
        lambda _message: {"error": {"class": "GenericError", "desc": "Bitmap already exists: B"}},
    )

    assert '"desc": "Bitmap already exists: b"' in mismatch(recording)


def test_another_dirty_extent_differs() -> None:
    def shift(message: Any) -> Any:
        for bitmap in message["bitmaps"].values():
            bitmap["dirty-extents"] = [[0, 65536]]
        return message

    recording = changed(
        BITMAP,
        lambda line: line.kind == "state" and "dirty-extents" in json.dumps(line.message),
        shift,
    )

    assert "dirty [[0, 65536]]" in mismatch(recording)


def test_another_state_of_a_job_differs() -> None:
    recording = changed(
        "05-job-fail_nodismiss.7.2.jsonl",
        lambda line: line.kind == "state" and bool(line.message.get("jobs")),
        lambda message: {"jobs": [job | {"current-progress": 3} for job in message["jobs"]]},
    )

    assert "'current-progress': 3" in mismatch(recording)


def test_another_order_of_bitmaps_differs() -> None:
    recording = changed(
        "08-persist.7.2.jsonl",
        lambda line: line.kind == "state" and line.message.get("all", False) and len(line.message["bitmaps"]) > 1,
        lambda message: message | {"bitmaps": dict(reversed(message["bitmaps"].items()))},
    )

    assert "the bitmaps [" in mismatch(recording)


def test_an_answer_where_qemu_died_differs() -> None:
    recording = read(FOLDER / "02-remove-add.7.2.jsonl")
    lines = [line for line in recording.lines if line.kind != "out"]
    lines[-1] = lines[-1]._replace(message={"how": "crash"})

    assert "no answer (QEMU crashes or hangs here)" in mismatch(Recording(recording.path, lines))


def test_what_was_told_before_a_crash_counts() -> None:
    recording = read(FOLDER / "15-crash-clear_always.7.2.jsonl")
    assert replay(recording, SimulatedTarget((7, 2))).same
    null = max(index for index, line in enumerate(recording.lines) if event("JOB_STATUS_CHANGE", "null")(line))
    del recording.lines[null]

    assert "expected: nothing" in mismatch(recording)


def test_pauses_nobody_asked_for_do_not_count_unless_told() -> None:
    recording = read(FOLDER / "05-job-success.7.2.jsonl")
    paused = next(index for index, line in enumerate(recording.lines) if event("JOB_STATUS_CHANGE", "paused")(line))
    del recording.lines[paused : paused + 2]

    assert replay(recording, SimulatedTarget((7, 2))).same
    assert not replay(recording, SimulatedTarget((7, 2)), strict=True).same


def test_what_a_target_has_no_model_of_is_named_and_not_counted_as_replayed() -> None:
    recording = read(FOLDER / "15-shadow_recover.7.2.jsonl")

    outcome = replay(recording, SimulatedTarget((7, 2)))

    assert outcome.mismatch is None
    assert "action blockdev-snapshot-internal-sync" in outcome.missing
    assert not outcome.same
    assert Path(recording.path).name == "15-shadow_recover.7.2.jsonl"
