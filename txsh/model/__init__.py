"""Plain values that everyone shares; no I/O."""
