"""Random conversations of a QMP client: sensible ones, wrong ones, and bytes that are no JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.agreement_wire.jobs import JobAuthor
from tests.agreement_wire.packets import PacketAuthor
from tests.agreement_wire.spoiler import odd_envelope, spoil, spoil_text
from tests.agreement_wire.world import CLUSTER, World

if TYPE_CHECKING:
    from random import Random

    from tests.agreement_wire.talk import Talk

_STEPS = 40
_BITMAPS = ("b0", "b0", "b1", "b2", "nope")
_JOB_COMMANDS = ("cancel", "pause", "resume", "finalize", "dismiss", "complete")
_QUERIES = (
    "query-jobs",
    "query-block-jobs",
    "query-block",
    "query-named-block-nodes",
    "query-block-exports",
    "query-status",
    "query-name",
    "query-version",
    "query-commands",
    "query-iothreads",
    "query-qmp-schema",
    "x-debug-query-block-graph",
)


class Author:
    """Holds one conversation.

    Args:
        random: decides everything.
        talk: says it to both.
        program: ``qsd`` or ``qemu-system``.
    """

    def __init__(self, random: Random, talk: Talk, program: str) -> None:
        self._random = random
        self._talk = talk
        self._world = World(random, talk, program)
        self._stretches = JobAuthor(random, talk, self._world)
        self._packets = PacketAuthor(random, talk, self._bitmap_command)
        self._jobs: list[str] = []
        self._exports: list[str] = []
        self._program = program

    def write(self) -> None:
        """All of it.

        Raises:
            Parted, Over, NotSaid: as `Talk` does.
        """
        if self._random.random() < 0.2:
            self._odd()
        self._packets.negotiate()
        self._world.make()
        steps = (
            (self._stretches.any, 2),
            (self._packets.any, 2),
            (self._bitmap, 4),
            (self._transaction, 6),
            (self._backup, 3),
            (self._job, 6),
            (lambda: self._world.write(self._world.node()), 4),
            (self._query, 3),
            (self._node, 1),
            (self._export, 1),
            (self._process, 0.5),
            (self._spoilt, 2),
            (self._odd, 1.5),
        )
        for _ in range(_STEPS):
            self._random.choices([step for step, _ in steps], [weight for _, weight in steps])[0]()
        self._talk.ask("query-jobs")
        self._talk.ask("query-named-block-nodes")
        self._talk.ask("quit")

    def _bitmap(self) -> None:
        self._talk.ask(*self._bitmap_command())

    def _bitmap_command(self) -> tuple[str, dict[str, Any]]:
        random = self._random
        verb = random.choice(("add", "add", "remove", "clear", "enable", "disable", "merge"))
        arguments: dict[str, Any] = {"node": self._world.node()}
        if verb == "merge":
            sources: list[Any] = [random.choice(_BITMAPS) for _ in range(random.choice((1, 1, 2)))]
            if random.random() < 0.3:
                sources.append({"node": self._world.node(), "name": random.choice(_BITMAPS)})
            return "block-dirty-bitmap-merge", arguments | {"target": random.choice(_BITMAPS), "bitmaps": sources}
        arguments["name"] = random.choice(_BITMAPS)
        if verb == "add":
            arguments |= {"name": random.choice(("b0", "b1", "b2", "b3"))} | self._world.bitmap_options()
        return f"block-dirty-bitmap-{verb}", arguments

    def _backup_arguments(self) -> dict[str, Any]:
        random, world = self._random, self._world
        job = random.choice(("j0", "j1", "j2", "j3"))
        self._jobs.append(job)
        sync = random.choice(("full", "full", "incremental", "bitmap", "top", "none"))
        arguments: dict[str, Any] = {
            "device": random.choice((*world.sources * 5, "nope")),
            "target": random.choice(world.targets * 5 + world.sources),
            "sync": sync,
            "job-id": job,
        }
        if sync in ("incremental", "bitmap") or random.random() < 0.15:
            arguments["bitmap"] = random.choice(_BITMAPS)
        if sync == "bitmap" or random.random() < 0.15:
            arguments["bitmap-mode"] = random.choice(("on-success", "never", "always"))
        if random.random() < 0.6:
            arguments |= {"speed": 1, "x-perf": {"max-workers": 1, "max-chunk": random.choice((1, 2, 4)) * CLUSTER}}
        for member, values in (
            ("auto-finalize", (False, True)),
            ("auto-dismiss", (False, True)),
            ("on-source-error", ("report", "ignore", "stop", "enospc")),
            ("on-target-error", ("report", "stop", "enospc")),
            ("filter-node-name", ("cbw0", "cbw1", "s0")),
            ("compress", (True, False)),
        ):
            if random.random() < 0.12:
                arguments[member] = random.choice(values)
        if arguments.get("on-source-error") == "ignore":
            del arguments["on-source-error"]  # it repeats for ever, as fast as it can
        return arguments

    def _backup(self) -> None:
        self._talk.ask("blockdev-backup", self._backup_arguments())

    def _transaction(self) -> None:
        random = self._random
        grouped = random.random() < 0.3
        actions: list[dict[str, Any]] = [
            {"type": "blockdev-backup", "data": self._backup_arguments()}
            for _ in range(random.choice((0, 1, 1, 2) if not grouped else (1, 1, 2)))
        ]
        if not grouped or random.random() < 0.1:
            for _ in range(random.choice((0, 1, 2, 3))):
                command, arguments = self._bitmap_command()
                actions.append({"type": command, "data": arguments})
        random.shuffle(actions)
        if random.random() < 0.15:
            actions.append({"type": "abort", "data": {}})
        whole: dict[str, Any] = {"actions": actions}
        if grouped or random.random() < 0.1:
            whole["properties"] = {"completion-mode": "grouped" if grouped else "individual"}
        self._talk.ask("transaction", whole)

    def _job(self) -> None:
        job = self._random.choice([*self._jobs[-4:], "j0", "nope"])
        if self._random.random() < 0.3:
            speed = self._random.choice((0, 0, 0, 1, 1 << 40, -1))
            self._talk.ask("block-job-set-speed", {"device": job, "speed": speed})
            return
        verb = self._random.choice(_JOB_COMMANDS)
        if self._random.random() < 0.6:
            self._talk.ask(f"job-{verb}", {"id": job})
            return
        arguments: dict[str, Any] = {"id" if verb in ("finalize", "dismiss") else "device": job}
        if verb == "cancel" and self._random.random() < 0.3:
            arguments["force"] = self._random.random() < 0.5
        self._talk.ask(f"block-job-{verb}", arguments)

    def _query(self) -> None:
        command = self._random.choice((*_QUERIES, *_QUERIES[:4]))
        if command == "query-named-block-nodes" and self._random.random() < 0.5:
            self._talk.ask(command, {"flat": True})
        else:
            self._talk.ask(command)
        node, name = self._random.choice(self._world.sources), self._random.choice(_BITMAPS)
        self._talk.ask("x-debug-block-dirty-bitmap-sha256", {"node": node, "name": name})

    def _node(self) -> None:
        node = self._world.node()
        if self._talk.works("blockdev-del", {"node-name": node}) and node:
            self._world.make_node(node)

    def _export(self) -> None:
        random = self._random
        which = random.randrange(4)
        if which == 0:
            self._talk.ask("nbd-server-start", {"addr": {"type": "unix", "data": {"path": "nbd"}}})
        elif which == 1:
            name = random.choice(("x0", "x1", "x2"))
            arguments: dict[str, Any] = {"type": "nbd", "id": name, "name": name, "node-name": self._world.node()}
            if random.random() < 0.5:
                arguments["bitmaps"] = [random.choice(_BITMAPS)]
            if random.random() < 0.5:
                arguments["writable"] = True
            self._talk.ask("block-export-add", arguments)
        elif which == 2:
            arguments = {"id": random.choice(("x0", "x1", "x2"))}
            if random.random() < 0.3:
                arguments["mode"] = random.choice(("safe", "hard"))
            self._talk.ask("block-export-del", arguments)
        else:
            self._talk.ask("nbd-server-stop")

    def _process(self) -> None:
        which = self._random.choice(("stop", "cont", "iothread", "gone", "unknown"))
        if which == "iothread":
            self._talk.ask("object-add", {"qom-type": "iothread", "id": self._random.choice(("io0", "io1"))})
        elif which == "gone":
            self._talk.ask("object-del", {"id": self._random.choice(("io0", "io1"))})
        elif which == "unknown":
            self._talk.ask("blockdev-foo", {"a": 1})
        else:
            self._talk.ask(which)

    def _spoilt(self) -> None:
        command, arguments = self._random.choice((self._bitmap_command, self._any_backup, self._any_transaction))()
        self._talk.ask(command, spoil(self._random, arguments))

    def _any_backup(self) -> tuple[str, dict[str, Any]]:
        return "blockdev-backup", self._backup_arguments()

    def _any_transaction(self) -> tuple[str, dict[str, Any]]:
        command, arguments = self._bitmap_command()
        actions = [{"type": command, "data": arguments}, {"type": "abort", "data": {}}]
        return "transaction", {"actions": actions, "properties": {"completion-mode": "individual"}}

    def _odd(self) -> None:
        random = self._random
        if random.random() < 0.5:
            command, arguments = self._bitmap_command()
            text = json.dumps(odd_envelope(random, command, arguments)).encode()
        else:
            text = spoil_text(random, json.dumps({"execute": "query-name", "id": random.randrange(9)}).encode())
        self._talk.say(text)
        # A byte that no JSON has ends whatever was left open.
        self._talk.say(b"\xff")
