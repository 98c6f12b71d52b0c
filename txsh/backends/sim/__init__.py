"""The simulator: a model QEMU that takes and gives the JSON of QMP."""
