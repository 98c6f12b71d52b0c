"""Raw QMP and exports in a random script: commands in words and as JSON, transactions, their replies looked at."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random import Random

    from tests.agreement_script.bitmap import BitmapAuthor
    from tests.agreement_script.draft import Draft
    from tests.agreement_script.world import World

_KINDS = ("add", "remove", "clear", "enable", "disable", "merge")


class RawAuthor:
    """Writes `qmp`, `expect reply`, `export` and `unexport`."""

    def __init__(self, random: Random, draft: Draft, world: World, bitmaps: BitmapAuthor) -> None:
        self._random = random
        self._draft = draft
        self._world = world
        self._bitmaps = bitmaps

    def any(self) -> None:
        """One of them."""
        self._random.choice(
            (self._command, self._command, self._transaction, self._export, self._export, self._query)
        )()

    def _command(self) -> None:
        kind, data = self._bitmap()
        if self._random.random() < 0.5:
            whole = {"execute": kind, "arguments": data}
            done = self._draft.write(f"qmp {json.dumps(whole)}")
        else:
            words = [f"{name}={json.dumps(value)}" for name, value in data.items()]
            done = self._draft.write(" ".join(["qmp", kind, *words]))
        self._look(done=done)

    def _transaction(self) -> None:
        actions = []
        for _ in range(self._random.choice((0, 1, 2, 3))):
            kind, data = self._bitmap()
            actions.append({"type": kind, "data": data})
        if self._random.random() < 0.1:
            actions.append({"type": "abort", "data": {}})
        whole: dict[str, Any] = {"execute": "transaction", "arguments": {"actions": actions}}
        if self._random.random() < 0.2:
            mode = self._random.choice(("individual", "grouped"))
            whole["arguments"]["properties"] = {"completion-mode": mode}
        self._look(done=self._draft.write(f"qmp {json.dumps(whole)}"))

    def _query(self) -> None:
        self._draft.write("qmp query-block-exports")

    def _export(self) -> None:
        random = self._random
        drive = self._world.any(random)
        if random.random() < 0.5:
            self._draft.write(f"unexport {drive.name}")
            return
        text = f"export {drive.name}"
        if random.random() < 0.4:
            text += f" bitmaps=[{self._bitmaps.name(drive)}]"
        if random.random() < 0.4:
            text += " writable"
        self._draft.write(text)

    def _look(self, *, done: bool) -> None:
        if self._random.random() < 0.4:
            self._draft.write(
                "expect reply return={}" if done else "expect reply error.class=GenericError error.desc=*"
            )

    def _bitmap(self) -> tuple[str, dict[str, Any]]:
        random = self._random
        kind, drive = random.choice(_KINDS), self._world.any(random)
        name = self._bitmaps.name(drive)
        data: dict[str, Any] = {"node": "nope" if random.random() < 0.03 else drive.name}
        if kind == "merge":
            sources: list[Any] = [self._bitmaps.name(drive) for _ in range(random.choice((1, 1, 2)))]
            if random.random() < 0.3:
                sources.append({"node": drive.name, "name": self._bitmaps.name(drive)})
            data |= {"target": name, "bitmaps": sources}
        else:
            data["name"] = name
        if kind == "add" and random.random() < 0.3:
            data["granularity"] = random.choice((512, 65536, 1000))
        return f"block-dirty-bitmap-{kind}", data
