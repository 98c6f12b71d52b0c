"""What answers QMP: the simulator and a live QEMU, behind the protocols of base.py."""
