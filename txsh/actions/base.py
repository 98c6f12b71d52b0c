"""What a verb is: its parameters, the QMP it becomes, what happens to it when a transaction fails.

The binder, completion, help, the documentation's tables and the groups of txsh all read these values; a verb is one
file of this folder that holds one of them.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, NamedTuple

    from txsh.actions.step import Refusal, Step
    from txsh.syntax.diagnostic import Diagnostic
    from txsh.syntax.source import Span
else:
    from txsh.named import NamedTuple


class Kind:
    """How the words of a parameter are read."""

    NODE = "node"
    TARGET = "target"
    """A node; not given, it is the scratch target of the node that stands first."""
    NEW_NODE = "new node"
    CONTENT = "node or remembered name"
    NEW_CONTENT = "new name"
    BITMAP = "bitmap"
    NEW_BITMAP = "new bitmap"
    BITMAP_SOURCES = "bitmaps"
    BITMAP_NAME = "bitmap of the same node"
    JOB = "job"
    NEW_JOB = "new job"
    SIZE = "size"
    RANGE = "range"
    RANGES = "list of ranges"
    DURATION = "duration"
    INTEGER = "integer"
    BYTE = "byte"
    BOOLEAN = "boolean"
    STRING = "string"
    CHOICE = "choice"
    ERRNO = "errno"
    TOPIC = "topic"
    """One of `choices`, or the name of a node, job or remembered content."""
    EVENT = "event"
    MEMBERS = "members"
    """The members of the event that the operand names, gathered by name."""
    PATHS = "paths"
    """Members of a reply by their paths, gathered; any may be named."""


class Phase:
    """When an action of a transaction has its effect."""

    IMMEDIATE = "immediate"
    """Complete when the command returns."""
    STARTS_JOB = "starts a job"
    """The command only starts it; its end comes later."""
    NONE = "no effect"


class Rollback:
    """What QEMU's own rollback of a refused transaction restores."""

    RESTORES = "restores what was there"
    REMOVES = "removes what it made"
    CANCELS = "cancels the job before it started"
    NOTHING = "has nothing to restore"


class Param(NamedTuple):
    """One operand or option of a verb.

    Args:
        name: an operand's name in help (``target``), an option's key (``granularity``; may be dotted).
        kind: how its words are read (`Kind`).
        summary: one line for help.
        operand: a word by position; else ``name=value``.
        required: must be given.
        repeated: an operand that takes all that follow.
        choices: the words allowed, for `Kind.CHOICE`.
        qmp: the dotted QMP members that its value goes to: one, or two for a bitmap (node and name); () when the verb's
            own code places it.
        since: the QEMU version that has it, when later than the verb.
    """

    name: str
    kind: str
    summary: str
    operand: bool = False
    required: bool = False
    repeated: bool = False
    choices: tuple[str, ...] = ()
    qmp: tuple[str, ...] = ()
    since: str = ""


class BoundCall(NamedTuple):
    """A statement's typed arguments by parameter name (only those given), and the place of each.

    An option's place includes its name.

    Args:
        form: the kind words of a verb that has `Verb.forms` (``no bitmap``), else "".
    """

    values: Mapping[str, Any]
    spans: Mapping[str, Span]
    span: Span
    fails: Refusal | None
    form: str = ""


class Action(NamedTuple):
    """A verb that is a QEMU action: in a transaction, or (unless `alone` is false) a statement of its own.

    Args:
        verb: txsh's name.
        summary: one sentence for help.
        params: operands first, in order.
        qmp: QMP's name, of the action and of the stand-alone command.
        since: the first QEMU that has it as a transaction action.
        phase: see `Phase`.
        rollback: see `Rollback`.
        shadow: what it does to a bitmap's shadow in a group that txsh runs; a name the group's rules know:
            ``empties``, ``merges``, ``enables``, ``disables``, ``adds``, ``removes``, ``backs-up``, ``fails``.
        alone: whether it exists as a command of its own.
        rename: turns the QMP data made from the params, and the typed values, into the final data (defaults that differ
            from QMP's), or None.
        objections: what is wrong with values that are fine one by one, or None.
        details: a paragraph for help, or "".
        loses: what it takes away of what was there: the QMP members that name a node, or a bitmap with its node, and
            what happens to it (``empties``).
    """

    verb: str
    summary: str
    params: tuple[Param, ...]
    qmp: str
    since: str
    phase: str
    rollback: str
    shadow: str
    alone: bool = True
    rename: Callable[[dict[str, Any], Mapping[str, Any]], dict[str, Any]] | None = None
    objections: Callable[[BoundCall], tuple[Diagnostic, ...]] | None = None
    details: str = ""
    loses: tuple[tuple[tuple[str, ...], str], ...] = ()

    @property
    def starts_job(self) -> bool:
        """Whether its end comes after the reply."""
        return self.phase == Phase.STARTS_JOB


class Verb(NamedTuple):
    """A verb that is a statement of txsh itself (`drive`, `write`, `wait`, `expect`...).

    Args:
        steps: makes the steps of the plan from the bound call.
        forms: for verbs with a kind word first (`expect`): the parameters by kind; else empty.
        refusable: whether `fails` makes sense after it.
        objections: what is wrong with values that are fine one by one, or None.
        raw: its words are a QMP command with its members, which QEMU's schema types.
        loses: what happens to the node or job that it is about, when that is a loss (``overwrites``), else "".
    """

    verb: str
    summary: str
    params: tuple[Param, ...]
    steps: Callable[[BoundCall], tuple[Step, ...]]
    details: str = ""
    forms: Mapping[str, tuple[Param, ...]] = {}
    refusable: bool = True
    objections: Callable[[BoundCall], tuple[Diagnostic, ...]] | None = None
    raw: bool = False
    loses: str = ""
