"""The commands that the human monitor of a QEMU has, by name; nearly all of them have no model.

Data and nothing else: what ``help`` and ``help info`` list, taken from QEMU 7.2.22, 10.0.2 and 11.1.3.
"""

from __future__ import annotations

_ALWAYS = """
    ? announce_self balloon block_job_cancel block_job_complete block_job_pause block_job_resume block_job_set_speed
    block_resize block_set_io_throttle block_stream boot_set c calc_dirty_rate cancel_vcpu_dirty_limit change
    chardev-add chardev-change chardev-remove chardev-send-break client_migrate_info closefd commit cont cpu delvm
    device_add device_del drive_add drive_backup drive_del drive_mirror dump-guest-memory dumpdtb eject
    exit_preconfig expire_password gdbserver getfd gpa2hpa gpa2hva gva2gpa help hostfwd_add hostfwd_remove i info
    loadvm log logfile mce memsave migrate migrate_cancel migrate_continue migrate_incoming migrate_pause
    migrate_recover migrate_set_capability migrate_set_parameter migrate_start_postcopy mouse_button mouse_move
    mouse_set nbd_server_add nbd_server_remove nbd_server_start nbd_server_stop netdev_add netdev_del nmi o
    object_add object_del p pcie_aer_inject_error pmemsave print q qemu-io qom-get qom-list qom-set quit
    replay_break replay_delete_break replay_seek ringbuf_read ringbuf_write s savevm screendump sendkey set_link
    set_password set_vcpu_dirty_limit snapshot_blkdev snapshot_blkdev_internal snapshot_delete_blkdev_internal stop
    stopcapture sum sync-profile system_powerdown system_reset system_wakeup trace-event watchdog_action wavcapture
    x x_colo_lost_heartbeat xp
"""
_INFO_ALWAYS = """
    balloon block block-jobs blockstats capture chardev cpus dirty_rate dump history hotpluggable-cpus iothreads irq
    jit kvm lapic mem memdev memory-devices memory_size_summary mice migrate migrate_capabilities migrate_parameters
    mtree name network numa pci pic qdm qom-tree qtree ramblock registers replay rocker rocker-of-dpa-flows
    rocker-of-dpa-groups rocker-ports roms sev sgx snapshots spice stats status sync-profile tlb tpm trace-events usb
    usbhost usernet uuid vcpu_dirty_limit version virtio virtio-queue-element virtio-queue-status virtio-status
    virtio-vhost-queue-status vm-generation-id vnc
"""
_SINCE_8 = frozenset({"one-insn-per-tb", "xen-event-inject", "xen-event-list"})

NAMES: dict[tuple[int, int], frozenset[str]] = {
    (7, 2): frozenset(_ALWAYS.split()) | {"singlestep"},
    (10, 0): frozenset(_ALWAYS.split()) | _SINCE_8,
    (11, 1): frozenset(_ALWAYS.split()) | _SINCE_8 | {"clear"},
}
"""Version -> names, aliases included."""

INFO: dict[tuple[int, int], frozenset[str]] = {
    (7, 2): frozenset(_INFO_ALWAYS.split()) | {"opcount", "profile", "rdma"},
    (10, 0): frozenset(_INFO_ALWAYS.split()) | {"cryptodev", "opcount"},
    (11, 1): frozenset(_INFO_ALWAYS.split()) | {"accel", "accelerators", "cryptodev", "firmware-log", "via"},
}
"""Version -> what ``info`` knows."""
