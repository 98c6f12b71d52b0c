"""What a plan would lose of what is there before it, on a QEMU that somebody else runs; told before anything is sent.

What each verb loses is said by the verb. What the script itself has made is nobody's loss. A statement that must be
refused counts like any other: that QEMU will refuse it is only what the script says.
"""

from __future__ import annotations

from txsh.actions.registry import by_qmp, find
from txsh.actions.step import Act, Fault, Guest, JobCommand, Machine, Qmp, Transact, Unexport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any, NamedTuple

    from txsh.actions.base import Action
    from txsh.actions.step import Plan, Step
    from txsh.syntax.source import Span
else:
    from txsh.named import NamedTuple

_HARMLESS = frozenset(
    (
        *("block-dirty-bitmap-add", "block-dirty-bitmap-enable", "block-dirty-bitmap-merge", "blockdev-add"),
        *("block-export-add", "nbd-server-start", "nbd-server-add", "object-add", "device_add", "netdev_add"),
        *("job-pause", "job-resume", "block-job-pause", "block-job-resume", "block-job-set-speed", "cont"),
        *(
            "x-debug-block-dirty-bitmap-sha256",
            "x-debug-query-block-graph",
            "qmp_capabilities",
            "device-list-properties",
        ),
        *("qom-list", "qom-get", "qom-list-types", "qom-list-properties", "add-fd", "getfd", "abort"),
    )
)
"""Raw commands, and actions, that take nothing away; those that only ask begin with ``query-``."""

_RAW = {
    "blockdev-del": ("node-name", "takes away", "node"),
    "block-export-del": ("id", "ends", "export"),
    "job-cancel": ("id", "ends", "job"),
    "job-dismiss": ("id", "takes away", "job"),
    "block-job-cancel": ("device", "ends", "job"),
    "block-job-dismiss": ("id", "takes away", "job"),
}
"""Raw commands whose loss has a name: the member that holds it, what becomes of it, and what it is."""


class Standing(NamedTuple):
    """What is there before a run.

    Args:
        nodes: names of nodes, and of devices, which QMP takes in their place.
        jobs, exports: ids.
        bitmaps: (node, name).
    """

    nodes: frozenset[str] = frozenset()
    jobs: frozenset[str] = frozenset()
    exports: frozenset[str] = frozenset()
    bitmaps: frozenset[tuple[str, str]] = frozenset()


class Loss(NamedTuple):
    """Something that is lost: where the script says so, and what it does, in words (``overwrites node d``)."""

    span: Span
    words: str


def losses(plans: Iterable[Plan], standing: Standing) -> list[Loss]:
    """Everything that plans lose of what is there, in the order of the script."""
    found = []
    # Through a node over it, what was there can be written as well; the node itself is the script's own.
    written = standing
    for plan in plans:
        for step in plan.steps:
            if isinstance(step, Qmp):
                written = written._replace(nodes=written.nodes | _nodes_over(step, written))
            found += [Loss(span, words) for span, words in _of_step(step, standing, written)]
    return found


def _nodes_over(step: Qmp, written: Standing) -> frozenset[str]:
    """The nodes that a raw command puts over what was there, a file included, and through which it can be written."""
    from txsh.actions.command import made_nodes  # noqa: PLC0415  # few scripts have one

    options = step.arguments
    if step.command != "blockdev-add" or options.get("read-only") is True or not _reaches(options, written):
        return frozenset()
    return frozenset(made_nodes(step.command, options)) - written.nodes


def _reaches(value: Any, written: Standing) -> bool:
    if isinstance(value, dict):
        return any(key == "filename" or (key != "backing" and _reaches(inner, written)) for key, inner in value.items())
    return any(_reaches(inner, written) for inner in value) if isinstance(value, list) else _is_in(value, written.nodes)


def _is_in(name: Any, names: frozenset[str]) -> bool:
    """Whether a value, of whatever type, is one of these names."""
    return isinstance(name, str) and name in names


def _of_step(step: Step, standing: Standing, written: Standing) -> Iterator[tuple[Span, str]]:
    match step:
        case Act():
            yield from _of_action(step.action.action.qmp, step.action.arguments, step.span, standing, written)
        case Transact():
            for action in step.actions:
                yield from _of_action(action.action.qmp, action.arguments, action.span, standing, written)
        case Qmp():
            from txsh.actions.command import actions_of  # noqa: PLC0415  # few scripts have one

            for kind, data in actions_of(step.command, step.arguments):
                yield from _of_action(kind, data, step.span, standing, written)
        case _:
            words = _of_statement(step, written)
            if words:
                yield step.span, words


def _of_statement(step: Step, standing: Standing) -> str:
    """What a statement of txsh's own loses, in words; "" when nothing."""
    match step:
        case Guest() | Fault() if step.node in standing.nodes:
            words = _words_of(step.operation if isinstance(step, Guest) else "fault")
            return words and f"{words} node {step.node}"
        case JobCommand() if step.job in standing.jobs:
            words = _words_of(step.verb)
            return words and f"{words} job {step.job}"
        case Machine() if step.command == "stop":
            return "stops the guest"
        case Unexport() if step.node in standing.exports:
            return f"ends export {step.node}"
    return ""


def _words_of(verb: str) -> str:
    found = find(verb)
    return "" if found is None or not isinstance(found.loses, str) else found.loses


def _of_action(
    kind: str, data: Mapping[str, Any], span: Span, standing: Standing, written: Standing
) -> Iterator[tuple[Span, str]]:
    action = by_qmp(kind)
    if action is not None:
        yield from _of_known(action, data, span, written)
    elif kind in _RAW:
        member, words, what = _RAW[kind]
        names = {"node": standing.nodes, "job": standing.jobs, "export": standing.exports}[what]
        if _is_in(data.get(member), names):
            yield span, f"{words} {what} {data[member]}"
    elif kind not in _HARMLESS and not kind.startswith(("query-", "x-query-")) and not _only_looks(kind, data):
        yield span, f"may lose something by '{kind}'"


def _only_looks(kind: str, data: Mapping[str, Any]) -> bool:
    """Whether the human monitor is only asked for something. Source: QEMU hmp-commands-info.hx."""
    line = data.get("command-line")
    return kind == "human-monitor-command" and isinstance(line, str) and line.split()[:1] in (["info"], ["help"])


def _of_known(action: Action, data: Mapping[str, Any], span: Span, standing: Standing) -> Iterator[tuple[Span, str]]:
    for members, words in action.loses:
        names = tuple(data.get(member) for member in members)
        if not all(isinstance(name, str) for name in names):
            continue
        if names in standing.bitmaps and data.get("bitmap-mode") != "never":
            yield span, f"{words} bitmap {names[0]}.{names[1]}"
        elif len(names) == 1 and names[0] in standing.nodes:
            yield span, f"{words} node {names[0]}"
