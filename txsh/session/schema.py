"""Asks a running QEMU for its schema, so that raw QMP is held against what this one has. Judges nothing itself."""

from __future__ import annotations

from contextlib import suppress

from txsh.backends.base import CommandFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.backends.base import Backend


async def learn_schema(backend: Backend) -> None:
    """Let the schema of a backend's version be what the backend itself says; a recorded one stands where it does not.

    Raises:
        BackendLost: QEMU went away.
    """
    from txsh.schema.recorded import meet

    with suppress(CommandFailed, ValueError):
        meet(backend.version, backend.program, await backend.execute("query-qmp-schema", {}, look=True))
