"""Image files made by QEMU itself, with ``blockdev-create``: for a QEMU whose files we may not be able to write.

Source: qapi/block-core.json, BlockdevCreateOptionsFile and BlockdevCreateOptionsQcow2.
"""

from __future__ import annotations

import asyncio

from txsh.backends.base import CommandFailed, HostUnable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.backends.base import Image
    from txsh.backends.live.export import Sender

_LOOK_SECONDS_FIRST = 0.001
_LOOK_SECONDS_MOST = 0.05


async def create_by_qemu(sender: Sender, path: str, image: Image, mark: str) -> None:
    """Have QEMU make an image file.

    Args:
        path: of the file, as QEMU sees it.
        mark: what the job and the node that it takes are called.

    Raises:
        HostUnable: it cannot.
    """
    size = image.size_bytes if image.format == "raw" else 0
    try:
        await _create(sender, mark, {"driver": "file", "filename": path, "size": size})
        if image.format != "raw":
            await _send(sender, "blockdev-add", {"driver": "file", "node-name": mark, "filename": path})
            try:
                await _create(sender, mark, _qcow2(image, mark))
            finally:
                await _send(sender, "blockdev-del", {"node-name": mark})
    except CommandFailed as failure:
        advice = "'format=null-co' needs no file; 'qmp blockdev-create' makes one where that QEMU may write"
        raise HostUnable("no-image", f"QEMU cannot make the image: {failure.description}", advice) from failure


def _qcow2(image: Image, node: str) -> dict[str, Any]:
    options: dict[str, Any] = {
        "driver": "qcow2",
        "file": node,
        "size": image.size_bytes,
        "version": image.compat,
    }
    if image.cluster_bytes is not None:
        options["cluster-size"] = image.cluster_bytes
    if image.backing is not None:
        options["backing-file"], options["backing-fmt"] = image.backing
    return options


async def _create(sender: Sender, job: str, options: Mapping[str, Any]) -> None:
    """Run the job to its end.

    Raises:
        CommandFailed: it failed, or was not even started.
    """
    await _send(sender, "blockdev-create", {"job-id": job, "options": options})
    look_seconds = _LOOK_SECONDS_FIRST
    while True:
        found = next((each for each in await _send(sender, "query-jobs", {}) if each["id"] == job), None)
        if found is None or found["status"] == "concluded":
            break
        await asyncio.sleep(look_seconds)
        look_seconds = min(2 * look_seconds, _LOOK_SECONDS_MOST)
    if found is not None:
        await _send(sender, "job-dismiss", {"id": job})
        if "error" in found:
            raise CommandFailed("GenericError", found["error"])


async def _send(sender: Sender, command: str, arguments: Mapping[str, Any]) -> Any:
    return await sender.send(command, arguments, look=True)
