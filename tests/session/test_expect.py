"""Each kind of expectation: met, and not met with what it shows then."""

from __future__ import annotations

import pytest

from tests.session.play import findings, play

WORLD = """\
drive d 1M
target t 1M
bitmap-add d.b
write d 0+128K pattern=7
backup d to=t job=j hold=64K
"""

MET = [
    "expect bitmap d.b dirty=[0+128K] count=128K recording busy=false persistent=false inconsistent=false",
    "expect bitmap d.b dirty=[0+64K, 64K+64K]",
    "expect no bitmap d.c",
    "expect node d readonly=false",
    "expect no node e",
    "expect job j running offset=64K",
    "expect event JOB_STATUS_CHANGE id=j status=running",
    "expect event JOB_STATUS_CHANGE id=* status=running",
    "expect no event BLOCK_JOB_ERROR",
    "expect no event JOB_STATUS_CHANGE id=j status=paused",
    "expect no event JOB_STATUS_CHANGE id=k*",
    "expect data d 0+128K pattern=7",
    "expect data d 128K+64K pattern=0",
    "expect data d same=d",
]


@pytest.mark.parametrize("line", MET)
def test_an_expectation_that_is_met_passes(line: str) -> None:
    assert findings(play(f"{WORLD}{line}\nrelease j\nwait\n")) == []


UNMET = [
    ("expect bitmap d.b dirty=[0+64K]", "dirty", "dirty=[0+128K] instead of dirty=[0+64K]"),
    ("expect bitmap d.b dirty=[]", "dirty", "dirty=[0+128K] instead of dirty=[]"),
    ("expect bitmap d.b count=64K", "count", "count=128K instead of count=64K"),
    ("expect bitmap d.b recording=false", "recording", "recording instead of recording=false"),
    ("expect bitmap d.b busy", "busy", "busy=false instead of busy"),
    ("expect bitmap d.c", "expect bitmap d.c", "there is no bitmap d.c"),
    ("expect no bitmap d.b", "expect no bitmap d.b", "there is a bitmap d.b"),
    ("expect node d readonly", "readonly", "readonly=false instead of readonly"),
    ("expect no node d", "expect no node d", "there is a node d"),
    ("expect job j completed", "completed", "running instead of completed"),
    ("expect job j running offset=0", "offset", "offset=64K instead of offset=0"),
    ("expect event BLOCK_JOB_ERROR", "expect event BLOCK_JOB_ERROR", "no event BLOCK_JOB_ERROR has come"),
    ("expect event JOB_STATUS_CHANGE id=k", "expect event", "the last one: JOB_STATUS_CHANGE"),
    ("expect no event JOB_STATUS_CHANGE id=*", "expect no event", "an event came that was not to come"),
    ("expect no event JOB_STATUS_CHANGE", "expect no event", "an event came that was not to come"),
    ("expect data d 0+128K pattern=8", "expect data", "d holds 0x07 at 0, not 0x08"),
    ("expect data t same=d", "expect data", "t does not hold the same as d"),
    ("expect group committed", "expect group", "there was no transaction with cancel=jobs or cancel=all"),
]


@pytest.mark.parametrize(("line", "place", "message"), UNMET, ids=[line for line, _, _ in UNMET])
def test_an_expectation_that_is_not_met_shows_both_sides(line: str, place: str, message: str) -> None:
    trace = play(f"{WORLD}{line}\n")

    diagnostic = trace.diagnostics[0]
    assert diagnostic.name == "expectation-failed"
    assert message in diagnostic.message
    assert diagnostic.span.text.startswith(place)
    assert diagnostic.help is not None
    assert diagnostic.help.startswith("last events: ")
    assert trace.statements[-1].outcome == "failed"


def test_the_statement_that_changed_it_last_is_shown() -> None:
    trace = play(f"{WORLD}expect bitmap d.b dirty=[]\n")

    (note,) = trace.diagnostics[0].notes
    assert note.span.text == "write d 0+128K pattern=7"
    assert note.message == "this statement changed it last"


def test_the_action_is_shown_that_started_the_job() -> None:
    trace = play(f"{WORLD}expect job j completed\n")

    (note,) = trace.diagnostics[0].notes
    assert note.span.text == "backup d to=t job=j hold=64K"


def test_bitmaps_whose_names_are_alike_but_for_the_dot_are_told_apart() -> None:
    trace = play(
        'drive a 1M\ndrive "a.b" 1M\nbitmap-add a."b.c"\nbitmap-add "a.b".c\nwrite a 0+64K\n'
        'expect bitmap a."b.c" dirty=[0+64K]\nexpect bitmap "a.b".c dirty=[]\nshow bitmaps\n'
    )

    assert findings(trace) == []
    assert trace.statements[-1].output == ('a."b.c"  dirty=[0+64K] granularity=64K\n"a.b".c  dirty=[] granularity=64K')


def test_the_dirty_ranges_of_a_busy_bitmap_are_an_error() -> None:
    trace = play(
        "drive d 1M\ntarget t 1M\nbitmap-add d.b\nwrite d 0+1M\nbackup d to=t bitmap=b job=j hold=64K\n"
        "expect bitmap d.b busy count=1M\nexpect bitmap d.b dirty=[0+1M]\n"
    )

    assert findings(trace)[0] == "busy-bitmap"


def test_an_error_text_is_matched_with_stars() -> None:
    text = "drive d 1M\ntarget t 1M\nfault t write errno=ENOSPC\nbackup d to=t job=j\nwait\n"

    assert findings(play(f'{text}expect job j failed "No space*"\n')) == []
    assert findings(play(f'{text}expect job j failed "Input*"\n')) == ["expectation-failed"]
    assert findings(play(f"{text}expect job j concluded\n")) == []


def test_numbers_of_an_event_are_compared_as_numbers() -> None:
    text = "drive d 1M\ntarget t 1M\nwrite d 0+64K\nbackup d to=t job=j\nwait\n"

    assert findings(play(f"{text}expect event BLOCK_JOB_COMPLETED device=j offset=1M len=1048576\n")) == []
    assert findings(play(f"{text}expect event BLOCK_JOB_COMPLETED device=j offset=2M\n")) == ["expectation-failed"]


def test_an_overlay_names_its_backing_node() -> None:
    text = "drive d 1M\ndrive e 1M\ntarget o 1M backing=d\n"

    assert findings(play(f"{text}expect node o backing=d\n")) == []
    trace = play(f"{text}expect node o backing=e\n")
    assert "backing=d instead of backing=e" in trace.diagnostics[0].message


def test_a_backing_node_is_found_by_the_graph_and_not_by_what_the_image_names() -> None:
    text = (
        "drive d 1M\ndrive e 1M readonly\n"
        "qmp blockdev-add driver=qcow2 node-name=o file.driver=file file.filename=e.qcow2 backing=d read-only=true\n"
    )

    assert findings(play(f"{text}expect node o backing=d\n")) == []
    trace = play(f"{text}expect node e backing=d\n")
    assert "no backing instead of backing=d" in trace.diagnostics[0].message


def test_an_overlay_has_its_backing_node_below_the_filter_of_a_job() -> None:
    text = "drive d 1M\ntarget o 1M backing=d\nwrite d 0+1M\nbackup d hold=64K\n"

    assert findings(play(f"{text}expect node o backing=d\nrelease d\nwait\n")) == []


def test_a_remembered_content_is_of_its_moment() -> None:
    text = "drive d 1M\nwrite d 0+64K\nremember before d\nwrite d 64K+64K\n"

    assert findings(play(f"{text}expect data d same=before\n")) == ["expectation-failed"]
    assert findings(play(f"{text}zero d 64K+64K\nexpect data d same=before\n")) == []


def test_contents_of_different_sizes_differ() -> None:
    trace = play("drive d 1M\ndrive e 2M\nexpect data d same=e\n")

    assert trace.diagnostics[0].message == "d and e have different sizes: 1M and 2M"


def test_a_read_that_finds_something_else_fails() -> None:
    trace = play("drive d 1M\nwrite d 0+64K pattern=1\nread d 0+64K pattern=1\nread d 0+128K pattern=1\n")

    (diagnostic,) = trace.diagnostics
    assert diagnostic.name == "read-mismatch"
    assert diagnostic.message == "the guest read 0x00 at 64K of d, not 0x01"
