"""The steps of a plan: what a script comes to once bound, before anything is sent. Plain values.

One class per kind of step; the session has one file per kind that runs it. Every step keeps the span it came from.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, NamedTuple

    from txsh.actions.base import Action
    from txsh.model.reference import ByteRange
    from txsh.syntax.source import Source, Span
else:
    from txsh.named import NamedTuple


class Refusal(NamedTuple):
    """The `fails` of a statement: the description it must be refused with; pattern None: any. ``*`` matches all."""

    pattern: str | None
    span: Span


class BoundAction(NamedTuple):
    """An action with typed arguments and the QMP it becomes.

    Args:
        action: the verb's description.
        arguments: QMP's ``data`` for it (and ``arguments`` of the command of the same name).
        hold_bytes: `hold=` of a backup, or None.
        span: the call; `spans` gives the place of single QMP members, and of options that are none by their names.
    """

    action: Action
    arguments: Mapping[str, Any]
    span: Span
    hold_bytes: int | None = None
    spans: Mapping[str, Span] = {}


class MakeNode(NamedTuple):
    """`drive` and `target`: an image and the node over it.

    Args:
        role: ``drive`` or ``target``.
        size_bytes: virtual size; None: that of the node `size_of` (a scratch target made on the first backup).
        implied: made by txsh because a backup named no target.
    """

    name: str
    role: str
    size_bytes: int | None
    span: Span
    format: str = "qcow2"
    cluster_bytes: int | None = None
    backing: str | None = None
    readonly: bool = False
    compat: str = "v3"
    discard: bool = False
    size_of: str | None = None
    implied: bool = False
    fails: Refusal | None = None


class Act(NamedTuple):
    """One action as a command of its own."""

    action: BoundAction
    span: Span
    fails: Refusal | None = None


class Transact(NamedTuple):
    """A transaction.

    Args:
        cancel: ``none``, ``jobs`` or ``all``; ``none`` with a `completion_mode` given.
        completion_mode: ``individual`` or ``grouped`` when the user gave it, else None.
        keyword_span: where the word ``transaction`` stands.
    """

    actions: tuple[BoundAction, ...]
    cancel: str
    completion_mode: str | None
    span: Span
    keyword_span: Span
    fails: Refusal | None = None


class Guest(NamedTuple):
    """Guest I/O. `operation` is ``read``, ``write``, ``zero``, ``discard`` or ``flush``.

    A read whose pattern is None is not checked.
    """

    operation: str
    node: str
    range: ByteRange | None
    pattern: int | None
    span: Span
    unmap: bool = False
    fails: Refusal | None = None


class Fault(NamedTuple):
    """`fault`: the next matching access fails.

    Args:
        operation: ``read``, ``write`` or ``flush``.
        at_bytes: only accesses that touch this guest byte; None: any.
        after: this many matching accesses pass first.
        errno: the name, such as ``ENOSPC``.
    """

    node: str
    operation: str
    at_bytes: int | None
    after: int
    errno: str
    once: bool
    span: Span
    fails: Refusal | None = None


class Unfault(NamedTuple):
    """`unfault`: take all faults of a node away."""

    node: str
    span: Span
    fails: Refusal | None = None


class Remember(NamedTuple):
    """`remember NAME NODE`: keep what the node holds now."""

    name: str
    node: str
    span: Span
    fails: Refusal | None = None


class Wait(NamedTuple):
    """`wait`: for the jobs named, or (empty) for all of this script and its groups.

    Args:
        until: ``concluded``, ``pending``, ``ready`` or ``paused``.
        timeout_us: None: the default (60 s).
    """

    jobs: tuple[str, ...]
    until: str
    timeout_us: int | None
    span: Span
    fails: Refusal | None = None


class JobCommand(NamedTuple):
    """A command about one job.

    Args:
        verb: ``cancel``, ``pause``, ``resume``, ``finalize``, ``dismiss``, ``complete`` or ``speed``.
        command: QMP's, with `arguments`.
    """

    verb: str
    command: str
    job: str
    arguments: Mapping[str, Any]
    span: Span
    fails: Refusal | None = None


class Qmp(NamedTuple):
    """`qmp`: one command of QMP, as it is.

    Args:
        spans: the place of each part of the arguments by its path, ``actions[0].data.name``; "" of the command itself.
    """

    command: str
    arguments: Mapping[str, Any]
    span: Span
    spans: Mapping[str, Span] = {}
    fails: Refusal | None = None


class Machine(NamedTuple):
    """`stop` and `cont`: the guest's processors. `command` is QMP's."""

    command: str
    span: Span
    fails: Refusal | None = None


class Export(NamedTuple):
    """`export NODE`: over NBD, under the node's own name.

    Args:
        bitmaps: in QMP's form, a name or a node and a name.
    """

    node: str
    bitmaps: tuple[str | Mapping[str, str], ...]
    writable: bool
    span: Span
    fails: Refusal | None = None


class Unexport(NamedTuple):
    """`unexport NODE`."""

    node: str
    span: Span
    fails: Refusal | None = None


class Release(NamedTuple):
    """`release JOB`: let a held job go on."""

    job: str
    span: Span
    fails: Refusal | None = None


class Expect(NamedTuple):
    """`expect`: look now and compare.

    Args:
        kind: ``bitmap``, ``no-bitmap``, ``job``, ``node``, ``no-node``, ``event``, ``no-event``, ``data``, ``group``,
            ``reply``.
        values: typed members by the names that `txsh.actions.expect` gives them; only those that were written. The
            typed members of an event stand by QMP's names under ``members``, those of a reply by their paths.
        spans: the place of each member, for carets; those of an event's members by their own names.
    """

    kind: str
    values: Mapping[str, Any]
    spans: Mapping[str, Span]
    span: Span
    fails: Refusal | None = None


class Show(NamedTuple):
    """`show`: what is ``bitmaps``, ``jobs``, ``nodes``, ``events``, a node's or a job's name, or None for all."""

    what: str | None
    span: Span
    fails: Refusal | None = None


class Echo(NamedTuple):
    """`echo`: print a text."""

    text: str
    span: Span
    fails: Refusal | None = None


Step = (
    MakeNode
    | Act
    | Transact
    | Guest
    | Fault
    | Unfault
    | Remember
    | Wait
    | JobCommand
    | Qmp
    | Machine
    | Export
    | Unexport
    | Release
    | Expect
    | Show
    | Echo
)


class Plan(NamedTuple):
    """All steps of a script, in order. `sources` are the texts they came from, the script itself last."""

    steps: tuple[Step, ...]
    sources: tuple[Source, ...]
