"""What QEMU calls a node's file: its plain name where that says all, else ``json:`` with everything that matters.

Source: QEMU block.c, bdrv_refresh_filename, append_strong_runtime_options; the drivers' bdrv_refresh_filename.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from txsh.backends.sim.node import Node

STRONG: dict[str, tuple[str, ...]] = {
    "file": ("filename",),
    "raw": ("offset", "size"),
    "blkdebug": ("inject-error", "set-state"),
    "null-co": ("size", "read-zeroes"),
    "null-aio": ("size", "read-zeroes"),
}
"""Options that must be said again to open the same node."""

RULE_ORDER = ("event", "iotype", "state", "new_state", "errno", "sector", "once", "immediately")
"""Members of blkdebug's rules, in the order of the schema."""
FILENAME_BYTES_MAX = 4095


def filename(node: Node) -> str:
    """The name of the node's file as queries show it."""
    exact = exact_filename(node)
    if exact is not None:
        return exact
    text = "json:" + _json(open_options(node))
    return text if len(text) <= FILENAME_BYTES_MAX else text[: FILENAME_BYTES_MAX - 3] + "..."


def exact_filename(node: Node) -> str | None:
    """The plain name, None where it would not say everything."""
    name = node.driver.name
    if name == "file":
        return str(node.options["filename"])
    strong = any(option in node.options for option in STRONG.get(name, ()))
    if name in ("null-co", "null-aio"):
        return None if strong else f"{name}://"
    if name == "copy-before-write":
        return filename(node.file)
    below = exact_filename(node.file)
    if below is None or strong or _backing_overridden(node):
        return None
    if name == "blkdebug":
        return f"blkdebug::{below}"
    return below if node.file.driver.opens_files else None


def beside(node: Node, name: str) -> str:
    """A file that an image names, as seen from the folder of that image. Source: QEMU block.c, path_combine."""
    own = exact_filename(node.file) or ""
    folder = own.rpartition("/")[0]
    return name if name.startswith("/") or not folder else f"{folder}/{name}"


def open_options(node: Node) -> dict[str, Any]:
    """All that must be said to open the same node again."""
    options: dict[str, Any] = {"driver": node.driver.name}
    strong = [option for option in STRONG.get(node.driver.name, ()) if option in node.options]
    if strong:
        options |= _strong_options(node, strong)
    overridden = _backing_overridden(node)
    for child in node.newest_children():
        if child.name != "backing" or overridden:
            options[child.name] = open_options(child.node)
    if overridden and node.backing is None:
        options["backing"] = None
    return options


def _strong_options(node: Node, names: list[str]) -> dict[str, Any]:
    """The node's own options of these names, flat, in the order in which QEMU copies them."""
    from txsh.schema.order import dict_order  # noqa: PLC0415  # few nodes need such a name

    top, path = node.origin
    flat: dict[str, Any] = {}
    for name, value in top.items():
        flat.update(flatten(name, value))
    for name in path:
        # What is meant for a child is taken out of a copy. Source: bdrv_open_inherit, qdict_extract_subqdict.
        prefix = f"{name}."
        copied = dict_order(dict_order(flat))
        flat = {key.removeprefix(prefix): flat[key] for key in copied if key.startswith(prefix)}
    order = dict_order(flat)
    return {key: flat[key] for name in names for key in order if key == name or key.startswith(f"{name}.")}


def _backing_overridden(node: Node) -> bool:
    """Whether the backing file is another than the image itself names."""
    image = node.driver.image_format()
    if image is None:
        return False
    named = beside(node, image.backing[0]) if image.backing is not None else ""
    return named != (filename(node.backing) if node.backing is not None else "")


def flatten(name: str, value: Any) -> dict[str, Any]:
    """An option as QEMU keeps it: ``cache.direct``, ``inject-error.0.event``."""
    if isinstance(value, dict):
        from txsh.schema.order import dict_order  # noqa: PLC0415  # few nodes have such options

        pairs = {key: value[key] for key in dict_order(sorted(value, key=_rule_order))}.items()
    elif isinstance(value, list):
        pairs = {str(index): each for index, each in enumerate(value)}.items()
    else:
        return {name: value}
    flat: dict[str, Any] = {}
    for key, each in pairs:
        flat.update(flatten(f"{name}.{key}", each))
    return flat


def _rule_order(name: str) -> int:
    return RULE_ORDER.index(name) if name in RULE_ORDER else -1


def _json(value: dict[str, Any]) -> str:
    import json  # noqa: PLC0415  # few nodes need such a name

    from txsh.schema.order import dict_order  # noqa: PLC0415  # the same

    def ordered(each: Any) -> Any:
        return {name: ordered(each[name]) for name in dict_order(each)} if isinstance(each, dict) else each

    return json.dumps(ordered(value))
