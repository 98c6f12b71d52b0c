"""Every kind of image that `drive` and `target` make, and what is done with each: scripts, by kind.

A script may be refused, where a kind cannot do it: what counts is that every backend says the same.
"""

from __future__ import annotations

KINDS = (
    "",
    "format=raw",
    "format=null-co",
    "cluster=512",
    "cluster=4K",
    "cluster=2M",
    "compat=v2",
    "compat=v2 discard=unmap",
    "discard=unmap",
    "format=raw discard=unmap",
    "readonly",
    "format=raw readonly",
    "format=null-co readonly",
    "backing=base",
    "backing=base cluster=4K",
    "backing=base compat=v2",
    "backing=base discard=unmap",
    "backing=base readonly",
    "backing=raw-base",
    "backing=null-base",
)

_BASES = """\
drive base 1M
write base 0+512K pattern=0x11
drive raw-base 1M format=raw
write raw-base 0+256K pattern=0x22
drive null-base 1M format=null-co
"""

GUEST_IO = """\
drive d 1M {kind}
bitmap-add d.b
write d 64K+128K pattern=0x33{refused}
zero d 256K+64K{refused}
zero d 384K+64K unmap{refused}
discard d 96K+64K{refused}
flush d
remember before d
backup d job=full
wait
expect job full completed
expect data d-target same=d
expect data d-target same=before
show
"""

INCREMENTAL = """\
drive d 1M {kind}
bitmap-add d.b granularity=4K
backup d job=full
wait
write d 100K+20K pattern=0x44{refused}
target inc 1M backing=d-target
backup d bitmap=b to=inc job=i
wait
expect data inc same=d
write d 600K+1K{refused}
target fine 1M backing=inc cluster=4K
backup d bitmap=b to=fine job=j
wait
expect data fine same=d
expect bitmap d.b dirty=[]
"""

PERSISTENT = "drive d 1M {kind}\nbitmap-add d.kept persistent\n"
TAKEN = "drive d 1M {kind}\nbitmap-add d.b\nbitmap-add d.b persistent\n"

TARGET = """\
drive s 1M
write s 32K+200K pattern=0x55
zero s 512K+128K
target d 1M {kind}
backup s to=d job=j
wait
show
"""

HELD = """\
drive s 1M
write s 32K+200K pattern=0x55
bitmap-add s.b
write s 500K+4K pattern=0x56
target d 1M {kind}
backup s to=d bitmap=b sync=bitmap bitmap-mode=always job=j hold=0
write s 500K+4K pattern=0x57
release j
wait
read d 500K+4K
show
"""

SIZES = (
    "drive d 1536\nbitmap-add d.b\nwrite d 512+512\nbackup d bitmap=b\nwait\nread d-target 512+512 pattern=0xcd\n",
    "drive d 1049088\nwrite d 1M+512\nbackup d\nwait\nexpect data d-target same=d\n",
    "drive d 1049088 format=raw\nbitmap-add d.b\nwrite d 1M+512\nbackup d bitmap=b\nwait\nread d-target 1M+512\n",
    "drive d 0\nbackup d\nwait\n",
    "drive d 0 format=raw\nbackup d\nwait\n",
    "drive a 2M\nwrite a 0+2M\ndrive d 1M backing=a\nbackup d\nwait\nexpect data d-target same=d\n",
    "drive a 1M\nwrite a 0+1M\ndrive d 2M backing=a\nread d 1M+1M pattern=0\nbackup d\nwait\nread d-target 1M+1M\n",
)
"""Whole scripts: odd sizes, and overlays of another size than what is below."""

CHAIN = """\
drive a 1M
write a 0+256K pattern=1
drive b 1M backing=a
write b 128K+256K pattern=2
drive c 1M backing=b
write c 320K+64K pattern=3
backup c sync=top job=t
wait
backup c sync=full to=c-target job=f
wait
expect data c-target same=c
expect node c backing=b
discard c 0+64K
read c 0+64K pattern=1
"""


def scripts(kind: str) -> list[str]:
    """What is done with one kind; a target of what lies over a base is not tried."""
    texts = [GUEST_IO, INCREMENTAL, PERSISTENT, TAKEN]
    if "backing" not in kind:
        texts += [TARGET, HELD]
    world = _BASES if "backing" in kind else ""
    refused = " fails" if "readonly" in kind else ""
    return [world + text.format(kind=kind, refused=refused) for text in texts]
