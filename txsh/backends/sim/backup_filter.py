"""The filter of a backup: put above its source before the job begins, taken out when it is over.

Source: QEMU block/copy-before-write.c; block.c (bdrv_insert_node, bdrv_drop_filter).
"""

from __future__ import annotations

from txsh.backends.base import BackendLost, CommandFailed, NotSimulated
from txsh.backends.sim.block_copy import BlockCopy
from txsh.backends.sim.drain import drained_begin, drained_end
from txsh.backends.sim.driver.copy_before_write import CopyBeforeWriteDriver
from txsh.backends.sim.graph import attach, detach, release, replace_node
from txsh.backends.sim.iothread import is_bound
from txsh.backends.sim.limits import refresh_limits
from txsh.backends.sim.open import check_node_name, new_node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.backends.sim.backup import BackupOptions
    from txsh.backends.sim.node import Node

_SIZE_MAX = (1 << 63) - 1


def insert_filter(source: Node, target: Node, options: BackupOptions) -> tuple[Node, BlockCopy]:
    """Put a copy-before-write filter above a node. Source: bdrv_cbw_append, bdrv_insert_node.

    Raises:
        CommandFailed: the name is taken or malformed, the target is read-only, or the cluster size is no power of 2.
    """
    iothread = source.iothread
    if iothread is not None and is_bound(source):
        raise NotSimulated("a backup in an iothread")
    cluster_bytes = options.cluster_min_bytes
    if cluster_bytes > _SIZE_MAX:
        raise CommandFailed("GenericError", f"min-cluster-size too large: {cluster_bytes} > {_SIZE_MAX}")
    try:
        node, driver = _open_filter(source, target, options)
    except CommandFailed as failure:
        raise CommandFailed(failure.error_class, f"Could not create node: {failure.description}") from None
    if source.iothread != iothread and source.world.profile.filter_stays_in_iothread:
        raise BackendLost("QEMU crashes here: backup of a node that an export runs in an iothread (SIGABRT)")
    node.references += 1
    drained = (source, node) if source.world.profile.graph_is_locked else (source,)
    for each in drained:
        drained_begin(each)
    try:
        with source.world.graph_lock.write_undrained():
            replace_node(source, node)
    except CommandFailed:
        node.references -= 1
        raise
    finally:
        for each in reversed(drained):
            drained_end(each)
        release(node)
    return node, driver.copy


def _open_filter(source: Node, target: Node, options: BackupOptions) -> tuple[Node, CopyBeforeWriteDriver]:
    world, name = source.world, options.filter_node_name
    if name is not None:
        try:
            check_node_name(world, name)
        except CommandFailed:
            with world.graph_lock.write():
                pass  # The node without a name is there already, and is closed.
            raise
    driver = CopyBeforeWriteDriver(options.on_cbw_error, discard_source=options.discard_source)
    node = new_node(world, name, driver, {})
    # The filter is opened without ``discard: unmap``: while the job lives, what the guest discards is dropped.
    driver.attach(node)
    attach(node, "file", source)
    try:
        attach(node, "target", target)
        _refuse_cluster(options.cluster_min_bytes)
    except CommandFailed:
        # Its file goes first, then what is left of it, if anything. Source: bdrv_open_driver, bdrv_close.
        detach(node.children[0])
        with world.graph_lock.write():
            for child in list(node.children):
                detach(child)
        world.nodes.remove(node)
        raise
    driver.copy = BlockCopy(
        world,
        source,
        target,
        node,
        cluster_min_bytes=options.cluster_min_bytes,
        discard=options.discard_source,
    )
    driver.make_bitmaps()
    refresh_limits(node)
    return node, driver


def _refuse_cluster(cluster_bytes: int) -> None:
    if cluster_bytes & (cluster_bytes - 1):
        raise CommandFailed("GenericError", "Cannot create block-copy-state: min-cluster-size needs to be a power of 2")


def drop_filter(node: Node) -> None:
    """Take a filter out: those above it go back to what is below. Source: bdrv_drop_filter.

    Raises:
        BackendLost: what is below was itself a filter, and was dropped while this one waited for its requests.
    """
    source = node.file
    drained = source if source.world.profile.graph_is_locked else node
    drained_begin(drained)
    with source.world.graph_lock.write_undrained():
        if node.file is not source:
            # Source: bdrv_replace_node_common, what it asserts of both nodes; 7.2 goes on with a node that was freed.
            raise BackendLost("QEMU crashes here: two backups of one node end at once, the later one first (SIGABRT)")
        replace_node(node, source)
        detach(node.children[0])
    drained_end(drained)
    node.references -= 1
    release(node)
