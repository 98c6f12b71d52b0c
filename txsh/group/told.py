"""QEMU's words about txsh's own bitmaps, told in the user's names."""

from __future__ import annotations

from txsh.group.precheck import blame, first_refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from txsh.group.prepare import Prepared
    from txsh.group.wire import QmpAction
    from txsh.model.event import QmpError
    from txsh.model.state import JobInfo, NodeInfo


def translate(text: str, prepared: Prepared) -> str:
    """A text with the user's bitmap in place of each shadow and each J that stands for one.

    Recorders, commit records and mere marks stand for nothing of the user's: their names stay.
    """
    # A longer name first: S:1 is the beginning of S:10.
    for (_, ours), users in sorted(prepared.behind.items(), key=lambda pair: len(pair[0][1]), reverse=True):
        text = text.replace(ours, users)
    return text


def start_refused(
    error: QmpError,
    prepared: Prepared,
    actions: Sequence[QmpAction],
    nodes: Mapping[str, NodeInfo],
    jobs: Mapping[str, JobInfo],
    *,
    version: tuple[int, int],
) -> tuple[QmpError, int | tuple[int, ...] | None]:
    """What a refusal of T1 is for the user: the words, and which of the user's actions they are about.

    T1 translates an action, so QEMU may say of the translation what it would not say of the action. When the world has
    changed since it was looked up, the user's own list tells which words belong to it.

    Args:
        error: what QEMU answered to T1.
        actions: the user's list.
        nodes: looked up after the refusal, like `jobs`.
    """
    own = first_refusal(actions, nodes, jobs, version=version)
    if own is not None:
        return own.error, own.index
    found = blame(prepared.t1_actions, nodes, jobs, error, version=version)
    told = error._replace(description=translate(error.description, prepared))
    if found is None:
        return told, None
    places = (found,) if isinstance(found, int) else found
    origins = tuple(dict.fromkeys(o for place in places if (o := prepared.t1[place].origin) is not None))
    if len(origins) == 1:
        return told, origins[0]
    return told, origins or None
