"""cancel=jobs: immediate actions are done in T1 as they stand; only what the jobs do to bitmaps is left to the commit.

What follows from that:

- A job's bitmap b is read when the job starts, so ``merge b -> J`` stands where the backup stood: after the immediate
  actions before it. The job holds J, never b.
- A failed job leaves b with its content and what was written since. b was never touched and went on by itself,
  recording or not: there is nothing to undo.
- A job that succeeds and consumes b leaves what was written since it started. The recorder W has that, because nothing
  is written inside T1 on a node of the main loop, and what is recorded twice elsewhere does no harm. So the commit is
  ``clear b``, ``merge W -> b``; a b that does not record ends empty.
- While QEMU's own job holds b nobody can change b's flag, so the flag that counts is the one T1 leaves. An action
  behind the backup that touches b is refused as busy, by the look before T1.
- Only sources of jobs need W, J and C; every other node is done with the reply.
"""

from __future__ import annotations

from txsh.group.bitmap_check import advance
from txsh.group.job import consumes_bitmap, reads_bitmap, started_on
from txsh.group.shadow import hold
from txsh.group.translation import Held, Translated, Translation
from txsh.group.wire import CLEAR, COARSEST_BYTES, merges, names, own_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from txsh.group.wire import BitmapKey, QmpAction
    from txsh.group.world import Bitmap, World


def consume_later(
    actions: Sequence[QmpAction], shadows: Sequence[str], concerned: Sequence[str], world: World, transaction_id: str
) -> Translation:
    """Translate a list so that its immediate actions happen at once and what its jobs consume at the commit.

    Args:
        shadows: what each action does (`Action.shadow`).
        concerned: the sources of the jobs, by their own names.
    """
    t1: list[Translated] = []
    held: list[Held] = []
    taken: dict[BitmapKey, Bitmap] = {}
    consumed: list[BitmapKey] = []
    behind: dict[BitmapKey, str] = {}
    for index, ((kind, data), shadow) in enumerate(zip(actions, shadows, strict=True)):
        if shadow != "backs-up":
            t1.append(Translated((kind, data), index))
            advance(world, (kind, data))
            continue
        node, name = data["device"], data.get("bitmap")
        bitmap = None if name is None else world.bitmap(node, name)
        one = hold(world, data, transaction_id, bitmap.granularity_bytes if bitmap else None)
        held.append(one)
        if name is not None and bitmap is not None:
            taken[node, name] = bitmap
            behind[node, one.job.bitmap] = name
            if reads_bitmap(data):
                t1.append(Translated(merges(node, one.job.bitmap, [(node, name)]), index))
            if consumes_bitmap(data):
                consumed.append((node, name))
        t1.append(Translated((kind, started_on(one.job.bitmap, data)), index))
    sizes = {
        node: min((bitmap.granularity_bytes for (at, _), bitmap in taken.items() if at == node), default=COARSEST_BYTES)
        for node in concerned
    }
    recorder = own_name(transaction_id, "W")
    commit = [action for key in consumed for action in _consume(key, taken[key], recorder)]
    changed = {node: [name for at, name in consumed if at == node] for node in concerned}
    return Translation(t1, held, sizes, changed, {}, commit, behind)


def _consume(key: BitmapKey, bitmap: Bitmap, recorder: str) -> list[QmpAction]:
    node, name = key
    clear = names(CLEAR, node, name)
    return [clear, merges(node, name, [(node, recorder)])] if bitmap.recording else [clear]
