"""txsh: a small language and shell for QEMU block-layer transactions."""

__version__ = "0.1.0"
