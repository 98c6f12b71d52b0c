"""The human monitor, as far as QMP's human-monitor-command reaches it: its words, its command names, its qemu-io."""
