"""`drive` and `target`: an image in the scratch folder, a node for its file and the user's node over that."""

from __future__ import annotations

from txsh.backends.base import CommandFailed, Image
from txsh.model.size import format_size
from txsh.model.trace import Change
from txsh.session.naming import DeclaredNode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from txsh.actions.step import MakeNode
    from txsh.session.session import Session
    from txsh.session.statement import Statement


async def run(session: Session, step: MakeNode, statement: Statement) -> None:
    """Make the image and its nodes.

    Raises:
        CommandFailed: QEMU refused the node, in the user's name; nothing of it stays but an unused file.
        HostUnable: the backend cannot make images.
    """
    if step.implied:
        statement.outcome = "implied"
    size_bytes = await _size(session, step)
    if step.format == "null-co":
        options = _null(step, size_bytes)
        await session.send("blockdev-add", options)
        node = DeclaredNode(step.name, step.role, step.format, options)
    else:
        node = await _image_node(session, step, size_bytes)
    session.names.declared[step.name] = node
    statement.changes.append(Change("node", step.name, None, f"{format_size(size_bytes)} {step.format}"))


async def _size(session: Session, step: MakeNode) -> int:
    if step.size_bytes is not None:
        return step.size_bytes
    from txsh.session.view import look_at_nodes

    assert step.size_of is not None
    nodes = await look_at_nodes(session.backend)
    if step.size_of not in nodes:
        text = f"Cannot find device='{step.size_of}' nor node-name='{step.size_of}'"
        raise CommandFailed("GenericError", text)
    return nodes[step.size_of].size_bytes


def _null(step: MakeNode, size_bytes: int) -> dict[str, Any]:
    # Without read-zeroes a read leaves the buffer as it is, and nothing could be compared.
    arguments: dict[str, Any] = {
        "driver": "null-co",
        "node-name": step.name,
        "size": size_bytes,
        "read-zeroes": True,
    }
    return arguments | _common(step)


async def _image_node(session: Session, step: MakeNode, size_bytes: int) -> DeclaredNode:
    names = session.names
    file = names.new_file(step.name, step.format)
    await session.host.create_image(
        Image(file, step.format, size_bytes, step.cluster_bytes, step.compat, _backing(session, step))
    )
    file_node = names.hide(step.name, "file")
    common = _common(step)
    file_arguments = {"driver": "file", "node-name": file_node, "filename": session.host.path(file)}
    await session.send("blockdev-add", file_arguments | common)
    arguments: dict[str, Any] = {"driver": step.format, "node-name": step.name, "file": file_node}
    if step.backing is not None:
        arguments["backing"] = step.backing
    arguments |= common
    try:
        await session.send("blockdev-add", arguments)
    except CommandFailed:
        await session.send("blockdev-del", {"node-name": file_node})
        del names.hidden[file_node]
        raise
    return DeclaredNode(step.name, step.role, step.format, arguments, file=file, file_node=file_node)


def _backing(session: Session, step: MakeNode) -> tuple[str, str] | None:
    """The backing file that the image itself names; a node that this run did not make has none to name."""
    node = session.names.declared.get(step.backing or "")
    return None if node is None or node.file is None else (node.file, node.format)


def _common(step: MakeNode) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if step.readonly:
        options["read-only"] = True
    if step.discard:
        options["discard"] = "unmap"
    return options
