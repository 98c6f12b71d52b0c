"""The backups of a random script, held where they could race."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.agreement_script.world import CLUSTER

if TYPE_CHECKING:
    from random import Random

    from tests.agreement_script.bitmap import BitmapAuthor
    from tests.agreement_script.draft import Draft
    from tests.agreement_script.world import Drive, World
    from txsh.model.trace import JobRecord

_SYNCS = ("full", "full", "incremental", "incremental", "bitmap", "bitmap", "top", "")
_MODES = ("on-success", "on-success", "never", "always")


class BackupAuthor:
    """Writes `backup` actions."""

    def __init__(self, random: Random, draft: Draft, world: World, bitmaps: BitmapAuthor, *, is_full: bool) -> None:
        self._random = random
        self._draft = draft
        self._world = world
        self._bitmaps = bitmaps
        # A cancelled job that was stopped before zeroes goes on for some of them, which a bitmap of mode always shows.
        self._modes = _MODES if is_full else _MODES[:-1]

    def several(self, count: int, *, together: bool) -> list[str]:
        """Backups that start together, and that may live or die together."""
        random = self._random
        busy = {record.target for record in self._draft.living()}
        free = [drive for drive in self._world.targets if drive.name not in busy or random.random() < 0.05]
        targets: list[Drive | None] = list(random.sample(free, min(count, len(free))))
        if count and (len(targets) < count or random.random() < 0.15):
            targets = [*targets[: count - 1], None]
        sources = [random.choice(self._world.sources) for _ in targets]
        alone = len(targets) == 1 and not self._draft.living()
        harmless = not self._draft.living() and len({drive.name for drive in sources}) == len(sources)
        harmless = harmless and not (together and self._draft.session.faults)
        return [
            self._one(source, target, f"j{index}", alone=alone, harmless=harmless, several=len(targets) > 1)
            for index, (source, target) in enumerate(zip(sources, targets, strict=True))
        ]

    def may_fail(self, record: JobRecord) -> bool:
        """Whether there are faults where the job reads or writes."""
        faults = self._draft.session.faults
        return any(name in faults for name in (record.node, record.target)) or "d0-base" in faults

    def _one(self, source: Drive, target: Drive | None, job: str, *, alone: bool, harmless: bool, several: bool) -> str:
        random = self._random
        text = f"backup {source.name}"
        if target is not None:
            text += f" to={target.name}"
        living = {record.id for record in self._draft.living()}
        options, is_endless = self._sync(source)
        if target is not None or several or random.random() < 0.5 or " sync=none" in options:
            names = [name for name in (job, f"{job}b", f"{job}c") if name not in living or random.random() < 0.05]
            text += f" job={(names or [job])[0]}"
        text += options
        risky = bool(self._draft.session.faults)
        held = not is_endless and (not (alone or harmless) or random.random() < 0.6)
        if held:
            text += f" hold={self._offset(source, certain=risky and several)}"
        elif risky or is_endless:
            text += " x-perf.max-workers=1"
        elif random.random() < 0.2:
            text += f" x-perf.max-chunk={random.choice(('64K', '256K', '1M', '4K'))}"
        if random.random() < 0.12:
            text += " auto-finalize=false"
        if random.random() < 0.1:
            text += " auto-dismiss=false"
        if random.random() < 0.15:
            side = random.choice(("source", "target"))
            text += f" on-{side}-error={random.choice(('report', 'stop', 'enospc'))}"
        if random.random() < 0.02:
            text += random.choice((" filter-node-name=1x", " x-perf.max-workers=0", " compress"))
        return text

    def _sync(self, source: Drive) -> tuple[str, bool]:
        random = self._random
        sync = random.choice(_SYNCS)
        if random.random() < 0.02:
            return " sync=none", True
        text = f" sync={sync}" if sync else ""
        has_bitmap = sync in ("incremental", "bitmap") or random.random() < 0.2
        if has_bitmap:
            text += f" bitmap={self._bitmaps.name(source)}"
        if sync == "bitmap" or (has_bitmap and sync in ("full", "top")) or random.random() < 0.03:
            text += f" bitmap-mode={random.choice(self._modes)}"
        return text, False

    def _offset(self, source: Drive, *, certain: bool) -> str:
        random = self._random
        if certain:
            return "0"
        clusters = max(1, source.size // CLUSTER)
        return f"{random.choice((0, 1, 1, 2, random.randrange(clusters + 1))) * 64}K"
