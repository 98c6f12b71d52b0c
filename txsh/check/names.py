"""Which nodes, jobs and remembered contents exist at each statement; a wrong name is told before anything is sent.

Knows no verb: it is told what each call mentions.
"""

from __future__ import annotations

from txsh.actions.base import Kind
from txsh.check.hint import did_you_mean
from txsh.check.known import Known
from txsh.check.name import node_name_fault
from txsh.syntax.diagnostic import Diagnostic, Note

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from txsh.check.mention import Mention
    from txsh.syntax.source import Span

_SHOWN_MAX = 8


class Names:
    """The names that exist so far, each with the place that declared it (None: before this text)."""

    def __init__(self, known: Known) -> None:
        self._nodes: dict[str, Span | None] = dict.fromkeys(sorted(known.nodes))
        self._jobs: dict[str, Span | None] = dict.fromkeys(sorted(known.jobs))
        self._remembered: dict[str, Span | None] = dict.fromkeys(sorted(known.remembered))
        self._there = sorted(known.nodes) if known.attached else []

    def has_node(self, name: str) -> bool:
        """Whether a node of that name exists by now."""
        return name in self._nodes

    def known(self) -> Known:
        """All names that exist now."""
        return Known(frozenset(self._nodes), frozenset(self._jobs), frozenset(self._remembered))

    def take_raw(self, command: str, arguments: Mapping[str, Any], span: Span, *, refused: bool) -> None:
        """Take what a raw command makes as existing from now on, and what it removes as gone."""
        from txsh.actions.command import made_nodes, removed_node, started_jobs  # noqa: PLC0415  # few scripts have one

        for job in started_jobs(command, arguments):
            self._jobs.setdefault(job.id, span)
        if refused:
            return
        for name in made_nodes(command, arguments):
            self._nodes.setdefault(name, span)
        self._nodes.pop(removed_node(command, arguments) or "", None)

    def check(self, mentions: Iterable[Mention], report: list[Diagnostic]) -> None:
        """Report every name that does not exist, or that is taken; then declare what is new."""
        for mention in mentions:
            finding = self._finding(mention)
            if finding is None:
                self.declare(mention)
            else:
                report.append(finding)

    def declare(self, mention: Mention) -> None:
        """Take what a mention makes as existing from now on."""
        match mention.role:
            case Kind.NEW_NODE:
                self._nodes.setdefault(mention.name, mention.span)
            case Kind.NEW_JOB:
                self._jobs.setdefault(mention.name, mention.span)
            case Kind.NEW_CONTENT:
                self._remembered.setdefault(mention.name, mention.span)

    def _finding(self, mention: Mention) -> Diagnostic | None:
        name = mention.name
        match mention.role:
            case Kind.NODE if name not in self._nodes:
                return self._unknown_node(mention)
            case Kind.JOB if name not in self._jobs:
                return _unknown("job", mention, self._jobs)
            case Kind.CONTENT if name not in self._nodes and name not in self._remembered:
                return _unknown("node", mention, {**self._nodes, **self._remembered})
            case Kind.TOPIC if not any(name in group for group in (self._nodes, self._jobs, self._remembered)):
                return _unknown("node", mention, {**self._nodes, **self._jobs, **self._remembered})
            case Kind.NEW_NODE | Kind.NEW_CONTENT if name in self._nodes:
                return _taken("node-exists", f"a node is called '{name}' already", mention, self._nodes[name])
            case Kind.NEW_NODE | Kind.NEW_CONTENT if name in self._remembered:
                text = f"'{name}' is remembered already"
                return _taken("name-taken", text, mention, self._remembered[name])
            case Kind.NEW_NODE if fault := node_name_fault(name):
                return Diagnostic("bad-node-name", f"QEMU takes no node called '{name}': {fault}", mention.span)
        return None

    def _unknown_node(self, mention: Mention) -> Diagnostic:
        if mention.name in self._remembered:
            message = f"'{mention.name}' is remembered content, no node"
            return Diagnostic("unknown-node", message, mention.span)
        unknown = _unknown("node", mention, self._nodes)
        return unknown if unknown.label or not self._there else unknown._replace(help=_listed(self._there))


def _unknown(what: str, mention: Mention, names: Iterable[str]) -> Diagnostic:
    names = list(names)
    message = f"no {what} is called '{mention.name}'"
    meant = did_you_mean(mention.name, names)
    advice = None
    if meant is None and what == "node":
        advice = f"declare it before: drive {mention.name} 64M"
    elif meant is None:
        advice = f"the jobs so far are {', '.join(names)}" if names else "no job is started before this"
    return Diagnostic(f"unknown-{what}", message, mention.span, meant, advice)


def _listed(nodes: list[str]) -> str:
    shown = ", ".join(nodes[:_SHOWN_MAX])
    further = len(nodes) - _SHOWN_MAX
    return f"that QEMU has {shown}" + (f" and {further} more: see 'show nodes'" if further > 0 else "")


def _taken(name: str, message: str, mention: Mention, earlier: Span | None) -> Diagnostic:
    notes = () if earlier is None else (Note("it is made here", earlier),)
    return Diagnostic(name, message, mention.span, "use another name", notes=notes)
