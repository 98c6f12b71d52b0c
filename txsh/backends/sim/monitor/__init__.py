"""The QMP monitor of the model QEMU: bytes in, bytes out, as on a socket of the real one."""
