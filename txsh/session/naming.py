"""Names on the wire behind the user's names: file nodes, image files, fault filters. Knows no command."""

from __future__ import annotations

from txsh.model.identifier import NODE_NAME_LENGTH_MAX, is_well_formed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from typing import Any

    from txsh.model.reference import BitmapRef

_NODES = ("node", "device", "target")
"""The members of actions that name a node; but in a merge, ``target`` is a bitmap."""


def is_node_name(name: str) -> bool:
    """Whether QEMU takes it as a node name."""
    return len(name) <= NODE_NAME_LENGTH_MAX and is_well_formed(name)


def derived(name: str, suffix: str, taken: Collection[str]) -> str:
    """A well-formed node name that tells whose it is, ``drive0-file``, and is not taken yet.

    A name that QEMU will not have gives a plain one, so that it is the user's name that QEMU complains about.
    """
    stem = name if is_node_name(name) else "node"
    number = 1
    while True:
        end = f"-{suffix}" if number == 1 else f"-{suffix}{number}"
        candidate = stem[: NODE_NAME_LENGTH_MAX - len(end)] + end
        if candidate not in taken:
            return candidate
        number += 1


class DeclaredNode:
    """A node that this run made, and what lies behind it.

    Attributes:
        name: the user's.
        role: ``drive`` or ``target``.
        format: ``qcow2``, ``raw`` or ``null-co``.
        file: the image in the scratch folder; None when there is none.
        file_node: the node of that file; None when there is none.
        top: the node that guest I/O and new backups use: `name`, or a filter over it.
        options: what `blockdev-add` was given, for a reopen.
        file_top: the node that is its `file` now: `file_node`, or a filter over it.
        holes_are_alike: whatever is not allocated reads as zeroes for the same reason, so QEMU sees it as one run.
    """

    __slots__ = ("file", "file_node", "file_top", "format", "holes_are_alike", "name", "options", "role", "top")

    def __init__(
        self,
        name: str,
        role: str,
        image_format: str,
        options: Mapping[str, Any],
        *,
        file: str | None = None,
        file_node: str | None = None,
    ) -> None:
        self.name = name
        self.role = role
        self.format = image_format
        self.file = file
        self.file_node = file_node
        self.file_top = file_node
        self.holes_are_alike = image_format == "qcow2" and "backing" not in options
        self.top = name
        self.options = options


class Names:
    """Which names stand behind which; tells QEMU's texts in the user's names.

    Attributes:
        declared: the nodes this run made, by the user's name.
        hidden: nodes of ours that no user shall see, with the user's node that each belongs to.
        beneath: what each filter of ours lies over.
        reserved: names that scripts use, which ours must not take.
        devices: nodes that only QEMU has named, by their names, with the device through which users name them.
        aliases: names of all devices with a node, with the name of that node, which QMP takes as well.
    """

    __slots__ = ("_files", "aliases", "beneath", "declared", "devices", "hidden", "reserved")

    def __init__(self) -> None:
        self.declared: dict[str, DeclaredNode] = {}
        self.hidden: dict[str, str] = {}
        self.beneath: dict[str, str] = {}
        self.reserved: set[str] = set()
        self.devices: dict[str, str] = {}
        self.aliases: dict[str, str] = {}
        self._files: set[str] = set()

    def hide(self, name: str, suffix: str) -> str:
        """Take a new node name of ours that belongs to the user's node `name`."""
        chosen = derived(name, suffix, self.reserved | self.hidden.keys())
        self.hidden[chosen] = name
        return chosen

    def new_file(self, name: str, image_format: str) -> str:
        """Take a new plain file name for a node's image."""
        stem = name if is_node_name(name) else "image"
        number = 1
        while True:
            file = f"{stem}.{image_format}" if number == 1 else f"{stem}-{number}.{image_format}"
            if file not in self._files:
                self._files.add(file)
                return file
            number += 1

    def top(self, name: str) -> str:
        """The node on the wire that guest I/O and new backups of a user's node use."""
        node = self.declared.get(name)
        return name if node is None else node.top

    def tell(self, text: str) -> str:
        """A text of QEMU with the user's names in place of ours."""
        for ours, users in self.hidden.items():
            if ours in text:
                text = text.replace(f"'{ours}'", f"'{users}'")
        for node, device in self.devices.items():
            text = text.replace(f"'{node}'", f"'{device}'")
        return text

    def device(self, name: str) -> str:
        """The device that a node is behind, after which QEMU names its job; the name itself where there is none."""
        return next((device for device, node in self.aliases.items() if node == name), name)

    def shown(self, name: str) -> str:
        """What a look calls a node that a script calls so: behind a device, a node is shown by its own name if any."""
        node = self.aliases.get(name)
        return name if node is None or node in self.devices else node

    def shown_bitmap(self, bitmap: BitmapRef) -> str:
        """What a look calls a bitmap that a script calls so."""
        return str(bitmap._replace(node=self.shown(bitmap.node)))

    def real(self, actions: Sequence[tuple[str, Mapping[str, Any]]]) -> list[tuple[str, dict[str, Any]]]:
        """Actions with nodes in place of devices: while a job runs, a device stands for the filter over its node."""
        if not self.aliases:
            return [(kind, dict(data)) for kind, data in actions]
        return [(kind, _renamed(data, self.aliases)) for kind, data in actions]


def _renamed(data: Mapping[str, Any], nodes: Mapping[str, str]) -> dict[str, Any]:
    """The data of an action with other names of nodes, those of the bitmaps that it merges included."""
    sources = data.get("bitmaps")
    members = _NODES if sources is None else ("node",)
    found = {member: nodes.get(value, value) if member in members else value for member, value in data.items()}
    if sources is not None:
        found["bitmaps"] = [each if isinstance(each, str) else _renamed(each, nodes) for each in sources]
    return found
