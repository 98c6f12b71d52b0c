"""drive: declare a drive, an image of this run and the node over it. `target` takes the same options."""

from __future__ import annotations

from txsh.actions.base import Kind, Param, Verb
from txsh.actions.objection import exclusive, multiple_of
from txsh.actions.step import MakeNode
from txsh.model.size import format_size
from txsh.syntax.diagnostic import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.base import BoundCall
    from txsh.actions.step import Step

_SECTOR_BYTES = 512
_CLUSTER_BYTES_MIN = 512
_CLUSTER_BYTES_MAX = 2 << 20
_CLUSTER_BYTES_USUAL = 64 << 10
_L1_BYTES_MAX = 32 << 20
_ENTRY_BYTES = 8

PARAMS = (
    Param("name", Kind.NEW_NODE, "the node's name", operand=True, required=True),
    Param("size", Kind.SIZE, "what the guest sees", operand=True, required=True),
    Param("format", Kind.CHOICE, "the image's format, qcow2 if not given", choices=("qcow2", "raw", "null-co")),
    Param("cluster", Kind.SIZE, "qcow2's cluster size, 64K if not given"),
    Param("backing", Kind.NODE, "the node that it is an overlay of"),
    Param("readonly", Kind.BOOLEAN, "open it read-only"),
    Param("compat", Kind.CHOICE, "qcow2's version, v3 if not given", choices=("v2", "v3")),
    Param("discard", Kind.CHOICE, "what a guest's discard does; not given, nothing", choices=("unmap",)),
)


def make_node(call: BoundCall, role: str) -> tuple[Step, ...]:
    """The step of a `drive` or `target`."""
    values = call.values
    return (
        MakeNode(
            name=values["name"],
            role=role,
            size_bytes=values["size"],
            span=call.span,
            format=values.get("format", "qcow2"),
            cluster_bytes=values.get("cluster"),
            backing=values.get("backing"),
            readonly=values.get("readonly", False),
            compat=values.get("compat", "v3"),
            discard="discard" in values,
            fails=call.fails,
        ),
    )


def objections(call: BoundCall) -> tuple[Diagnostic, ...]:
    """What a drive cannot be."""
    found = multiple_of(call, "size", _SECTOR_BYTES, "a drive has whole sectors")
    kind = call.values.get("format", "qcow2")
    if kind != "qcow2":
        found += exclusive(call, "format", ("cluster", "compat", "backing"), f"only qcow2 has it, not {kind}")
        return found
    return found + (_cluster_objections(call) or _size_objections(call))


def _cluster_objections(call: BoundCall) -> tuple[Diagnostic, ...]:
    size_bytes = call.values.get("cluster", _CLUSTER_BYTES_MIN)
    if _CLUSTER_BYTES_MIN <= size_bytes <= _CLUSTER_BYTES_MAX and size_bytes & (size_bytes - 1) == 0:
        return ()
    # Source: block/qcow2.c, validate_cluster_size.
    message = f"qcow2 has no clusters of {format_size(size_bytes)}"
    return (Diagnostic("bad-cluster-size", message, call.spans["cluster"], "use a power of two from 512 to 2M"),)


def _size_objections(call: BoundCall) -> tuple[Diagnostic, ...]:
    """Source: block/qcow2-cluster.c, qcow2_grow_l1_table: the first level of tables has 32 MiB at most.

    A table of each level holds an eight-byte entry for everything that it maps.
    """
    cluster_bytes = call.values.get("cluster", _CLUSTER_BYTES_USUAL)
    most_bytes = _L1_BYTES_MAX // _ENTRY_BYTES * (cluster_bytes // _ENTRY_BYTES) * cluster_bytes
    if call.values["size"] <= most_bytes:
        return ()
    message = f"qcow2 with clusters of {format_size(cluster_bytes)} holds {format_size(most_bytes)} at most"
    advice = None if cluster_bytes == _CLUSTER_BYTES_MAX else "larger clusters hold more: cluster=2M"
    return (Diagnostic("image-too-large", message, call.spans["size"], help=advice),)


def _steps(call: BoundCall) -> tuple[Step, ...]:
    return make_node(call, "drive")


VERB = Verb(
    verb="drive",
    summary="Declare a drive: an image of that size, and the node over it.",
    params=PARAMS,
    steps=_steps,
    details="Images are scratch files of the run and vanish with it.",
    objections=objections,
)
