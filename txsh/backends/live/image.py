"""Image files by qemu-img. Knows nothing of nodes."""

from __future__ import annotations

import subprocess
from tempfile import TemporaryFile

from txsh.backends.base import HostUnable
from txsh.backends.live.child import End, describe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import IO

    from txsh.backends.base import Image

_REASON_BYTES_MAX = 2000
_COMPAT = {"v2": "0.10", "v3": "1.1"}


async def create_image(program: str | None, folder: Path, image: Image, time_limit_seconds: float) -> None:
    """Make an image file in a folder; backing files are named relative to it.

    Args:
        program: the qemu-img; None: there is none.

    Raises:
        HostUnable: qemu-img is missing, refused or too slow, or the file is there already.
    """
    if (folder / image.file).exists():
        raise HostUnable("no-image", f"the image {image.file} is there already")
    if program is None:
        raise HostUnable(
            "no-qemu-img",
            "there is no qemu-img on the PATH, so no image can be made",
            "Debian and Ubuntu have it in qemu-utils, Fedora in qemu-img",
        )
    await _run(program, folder, _command(image), time_limit_seconds)


def _command(image: Image) -> list[str]:
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


async def _run(program: str, folder: Path, arguments: list[str], time_limit_seconds: float) -> None:
    try:
        with TemporaryFile(dir=folder) as errors:
            status = await _status(program, arguments, folder, errors, time_limit_seconds)
            errors.seek(0)
            reason = errors.read(_REASON_BYTES_MAX).decode(errors="replace").strip().removeprefix("qemu-img: ")
    except OSError as error:
        raise HostUnable("no-image", f"cannot start {program}: {error.strerror}") from error
    if status is None:
        raise HostUnable("no-image", f"qemu-img did not make the image within {time_limit_seconds:g} s")
    if status:
        raise HostUnable("no-image", f"qemu-img cannot make the image: {reason or f'it {describe(status)}'}")


async def _status(
    program: str, arguments: list[str], folder: Path, errors: IO[bytes], time_limit_seconds: float
) -> int | None:
    """Run it to its end; None when that does not come in time. It is gone afterwards, also when we are cancelled."""
    end = _start([program, *arguments], folder, errors)
    try:
        return await end.wait(time_limit_seconds)
    finally:
        end.kill()


def _start(command: list[str], folder: Path, errors: IO[bytes]) -> End:
    child = subprocess.Popen(
        command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors, process_group=0
    )
    try:
        return End(child)
    except BaseException:
        child.kill()
        child.wait()
        raise
