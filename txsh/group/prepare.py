"""The messages of one group that txsh runs: T1 that starts it, T3 that commits it, the fence, and what clears up.

T1 starts the jobs with ``auto-finalize: false``, each on a bitmap J of its own; one that is *pending* has voted yes.
T3 is one transaction inside QEMU, the single point of decision: until then nothing has happened, after it everything
has. What T1 does with the user's own actions differs: see `txsh.group.shadow` (cancel=all) and
`txsh.group.consumption` (cancel=jobs). In both

- T1 begins with an enabled recorder W on each node concerned, then every J, then the user's list. W is first because
  a node in an iothread may be written between two actions; what is recorded twice does no harm.
- T3 begins with a *probe*: everything it will change, W and the shadows are merged into the commit record C. One that
  is gone, busy or inconsistent so refuses T3 before anything was changed; QEMU's own rollback would lose bits on nodes
  in an iothread (B8), and a refused enable crashes it or disables the bitmap (B1, B4).
- T3 needs every W and the fence removes every W, so exactly one of them happens, whoever sends it.
"""

from __future__ import annotations

from txsh.group.consumption import consume_later
from txsh.group.rules import nodes_of, shadow_of
from txsh.group.shadow import put_off
from txsh.group.translation import Translated, Translation
from txsh.group.wire import COARSEST_BYTES, REMOVE, adds, merges, names, own_name
from txsh.group.world import World

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import NamedTuple

    from txsh.group.job import GroupJob
    from txsh.group.wire import BitmapKey, QmpAction
    from txsh.model.state import NodeInfo
else:
    from txsh.named import NamedTuple


class Prepared(NamedTuple):
    """Everything that a group may have to send.

    Args:
        transaction_id: eight hexadecimal digits.
        t1: starts it, as an individual transaction.
        t3: commits it, when every job is pending and the targets are flushed.
        fence: makes T3 impossible.
        finish_cleanup: after T3, once no J is busy.
        abort_cleanup: after the fence, once no J is busy.
        jobs: in the order of the list.
        flush_targets: nodes to flush before T3, each once.
        behind: the user's bitmap behind each shadow and J, by (node, name).
    """

    transaction_id: str
    t1: tuple[Translated, ...]
    t3: tuple[QmpAction, ...]
    fence: tuple[QmpAction, ...]
    finish_cleanup: tuple[QmpAction, ...]
    abort_cleanup: tuple[QmpAction, ...]
    jobs: tuple[GroupJob, ...]
    flush_targets: tuple[str, ...]
    behind: Mapping[BitmapKey, str]

    @property
    def t1_actions(self) -> list[QmpAction]:
        """T1 as it is sent."""
        return [translated.action for translated in self.t1]


def prepare(
    actions: Sequence[QmpAction],
    nodes: Mapping[str, NodeInfo],
    transaction_id: str,
    cancel: str,
) -> Prepared:
    """Translate a list that passed `first_refusal` and `refused_for_good`.

    Args:
        actions: the user's, as QEMU would get them, with nodes in place of devices.
        nodes: `query-named-block-nodes`, the same look that they passed.
        transaction_id: eight hexadecimal digits, on this QEMU never used before.
        cancel: ``jobs`` or ``all``.
    """
    world = World(nodes, {})
    shadows = [shadow_of(kind) or "" for kind, _ in actions]
    if cancel == "all":
        concerned = _named(actions)
        return _assembled(put_off(actions, shadows, concerned, world, transaction_id), transaction_id)
    assert cancel == "jobs"
    backups = [action for action, shadow in zip(actions, shadows, strict=True) if shadow == "backs-up"]
    concerned = _named(backups)
    return _assembled(consume_later(actions, shadows, concerned, world, transaction_id), transaction_id)


def _named(actions: Iterable[QmpAction]) -> list[str]:
    """The nodes that a list names, each once."""
    return list(dict.fromkeys(name for _, data in actions for name in nodes_of(data)))


def _assembled(translation: Translation, transaction_id: str) -> Prepared:
    recorder, record = own_name(transaction_id, "W"), own_name(transaction_id, "C")
    recorders, held = translation.recorders, translation.held
    start = [adds(node, recorder, size, disabled=False) for node, size in recorders.items()]
    start += [adds(job.node, job.bitmap, size, disabled=disabled) for job, size, disabled in held]
    probe: list[QmpAction] = []
    for node in recorders:
        probed = (*translation.changed[node], recorder, *translation.shadows.get(node, ()))
        probe.append(adds(node, record, COARSEST_BYTES, disabled=True))
        probe.append(merges(node, record, [(node, name) for name in probed]))
    no_shadows = [names(REMOVE, node, name) for node, shadows in translation.shadows.items() for name in shadows]
    no_job_bitmaps = [names(REMOVE, job.node, job.bitmap) for job, _, _ in held]
    no_records = [names(REMOVE, node, record) for node in recorders]
    fence = tuple(names(REMOVE, node, recorder) for node in recorders)
    jobs = tuple(one.job for one in held)
    return Prepared(
        transaction_id,
        (*(Translated(action, None) for action in start), *translation.t1),
        (*probe, *translation.commit, *no_shadows, *fence),
        fence,
        (*no_job_bitmaps, *no_records),
        (*no_shadows, *no_job_bitmaps),
        jobs,
        tuple(dict.fromkeys(job.target for job in jobs)),
        translation.behind,
    )
