"""Finds QEMU's programs: on the PATH, or in what ``--qemu`` names, a binary or the folder of a build."""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path

from txsh.backends.base import HostUnable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple
else:
    from txsh.named import NamedTuple

_ARCHITECTURES = {"arm64": "aarch64", "amd64": "x86_64", "i686": "i386", "ppc64le": "ppc64"}
_PACKAGES = {
    "qemu-system": "Debian and Ubuntu have it in qemu-system, Fedora in qemu-system-x86",
    "qsd": "Debian and Ubuntu have it in qemu-system-common, Fedora in qemu-img",
}
_STORAGE_DAEMON = "qemu-storage-daemon"
_IMAGE_TOOL = "qemu-img"
_PLACES = ("", "build", "bin", "usr/bin", "storage-daemon", "build/storage-daemon")
"""Where the programs lie in a build tree, before and after it is installed. Source: meson.build (7.2 to 11.1)."""
_SEARCHED = "searched: it, and in it build, bin, usr/bin"


class Programs(NamedTuple):
    """What a launch needs.

    Args:
        binary: the QEMU to start.
        image_tool: the qemu-img that belongs to it; None when there is none.
    """

    binary: str
    image_tool: str | None


def find_programs(program: str, path: str | None) -> Programs:
    """Find a QEMU and its qemu-img.

    Args:
        program: ``qemu-system`` or ``qsd``.
        path: a binary, or a folder that holds it; None: they are on the PATH.

    Raises:
        HostUnable: there is none (``no-qemu``), or it is another program (``wrong-qemu``).
    """
    if path is None:
        found = shutil.which(_name(program))
        if found is None:
            raise HostUnable("no-qemu", f"there is no {_name(program)} on the PATH", _PACKAGES[program])
        return Programs(found, shutil.which(_IMAGE_TOOL))
    # QEMU works in another folder than we do.
    place = Path(path).absolute()
    if place.is_dir():
        binary, root = _in_folder(place, program), place
    else:
        binary, root = _as_named(place, program), place.parent
    return Programs(str(binary), _image_tool(root))


def _name(program: str) -> str:
    machine = platform.machine()
    return f"qemu-system-{_ARCHITECTURES.get(machine, machine)}" if program == "qemu-system" else _STORAGE_DAEMON


def _in_folder(folder: Path, program: str) -> Path:
    candidates = [folder / place / _name(program) for place in _PLACES]
    if program == "qemu-system":
        # A build for another architecture runs no guest here either, and that is all that is asked of it.
        candidates += [found for place in _PLACES for found in sorted((folder / place).glob("qemu-system-*"))]
    for candidate in candidates:
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate
    raise HostUnable("no-qemu", f"there is no {_name(program)} in {folder}", _SEARCHED)


def _as_named(file: Path, program: str) -> Path:
    if not file.exists():
        raise HostUnable("no-qemu", f"there is no {file}", "--qemu names a QEMU, or the folder of a build")
    if not os.access(file, os.X_OK):
        raise HostUnable("no-qemu", f"{file} is not executable", "--qemu names a QEMU, or the folder of a build")
    other = _other_backend(file.name, program)
    if other is not None:
        raise HostUnable("wrong-qemu", f"{file} is another program than {_name(program)}", other)
    return file


def _other_backend(name: str, program: str) -> str | None:
    """What to do when the name of a file tells that it is something else of QEMU's; None when it does not."""
    if name.startswith("qemu-system-") and program != "qemu-system":
        return "it belongs to -b qemu"
    if name == _STORAGE_DAEMON and program != "qsd":
        return "it belongs to -b qsd"
    if name in (_IMAGE_TOOL, "qemu-io", "qemu-nbd"):
        return f"-b {'qemu' if program == 'qemu-system' else 'qsd'} needs a {_name(program)}"
    return None


def _image_tool(root: Path) -> str | None:
    """The qemu-img of the same tree, else the one on the PATH."""
    for folder in (*(root / place for place in _PLACES), root.parent):
        candidate = folder / _IMAGE_TOOL
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return str(candidate)
    return shutil.which(_IMAGE_TOOL)
