"""Image files by qemu-img. Knows nothing of nodes."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from typing import TYPE_CHECKING

from txsh.backends.base import HostUnable

if TYPE_CHECKING:
    from pathlib import Path

    from txsh.backends.base import Image

_COMPAT = {"v2": "0.10", "v3": "1.1"}


async def create_image(folder: Path, image: Image) -> None:
    """Make an image file in a folder; backing files are named relative to it.

    Raises:
        HostUnable: qemu-img is missing or refused, or the file is there already.
    """
    if (folder / image.file).exists():
        raise HostUnable("no-image", f"the image {image.file} is there already")
    await _run(folder, _command(image))


def _command(image: Image) -> list[str]:
    if image.copy_of is not None:
        return ["convert", "-O", image.format, *_options(image), "--", image.copy_of, image.file]
    command = ["create", "-q", "-f", image.format, *_options(image)]
    if image.backing is not None:
        command += ["-b", image.backing[0], "-F", image.backing[1]]
    return [*command, "--", image.file, str(image.size_bytes)]


def _options(image: Image) -> list[str]:
    if image.format != "qcow2":
        return []
    options = [f"compat={_COMPAT[image.compat]}"]
    if image.cluster_bytes is not None:
        options.append(f"cluster_size={image.cluster_bytes}")
    return ["-o", ",".join(options)]


async def _run(folder: Path, arguments: list[str]) -> None:
    program = shutil.which("qemu-img")
    if program is None:
        raise HostUnable(
            "no-qemu-img",
            "there is no qemu-img on the PATH, so no image can be made",
            "Debian and Ubuntu have it in qemu-utils, Fedora in qemu-img",
        )

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [program, *arguments], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )

    # In this thread: it takes some 10 ms, and a second thread would cost as much.
    done = run()
    await asyncio.sleep(0)
    if done.returncode:
        reason = done.stderr.strip().removeprefix("qemu-img: ")
        raise HostUnable("no-image", f"qemu-img cannot make the image: {reason}")
