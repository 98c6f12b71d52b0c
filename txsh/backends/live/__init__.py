"""A real QEMU over QMP: launched, driven, cleaned up."""
