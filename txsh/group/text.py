"""QEMU's words of refusal, letter for letter, with places for names; what differs between versions is said by version.

Knows no rule of when they are said.
"""

from __future__ import annotations

from txsh.group.difference import GROUPED_TEXT_IS_LOWER_CASE

IN_USE = "Bitmap '{}' is currently in use by another operation and cannot be used"
READONLY = "Bitmap '{}' is readonly and cannot be modified"
INCONSISTENT = "Bitmap '{}' is inconsistent and cannot be used"
NO_NODE = "Node '{}' not found"
NO_DEVICE = "Cannot find device='{0}' nor node-name='{0}'"
NO_BITMAP = "Dirty bitmap '{}' not found"
NO_BACKUP_BITMAP = "Bitmap '{}' could not be found"
REMOVE_READONLY = "Cannot remove persistent bitmap '{}': no write access to node '{}'"

EMPTY_NAME = "Bitmap name cannot be empty"
GRANULARITY = "Granularity must be power of 2 and at least 512"
EXISTS = "Bitmap already exists: {}"
TOO_LONG = "Bitmap name too long: {}"
NOT_STORABLE = "Can't store persistent bitmaps to {}: Operation not supported"
NOT_STORABLE_IN = "Can't make bitmap '{}' persistent in '{}': {}"
NOT_STORABLE_V2 = "Cannot store dirty bitmaps in qcow2 v2 files"
NOT_STORABLE_NAME = "Name length exceeds maximum (1023 characters)"
NOT_STORABLE_READONLY = "Cannot add a persistent bitmap to read-only or inactive node '{}'"
SIZES = "Bitmaps are of different sizes (destination size is {}, source size is {}) and can't be merged"
MERGE_OF_NOTHING = "Parameter 'bitmaps' expects at least one bitmap"
"""No QEMU says this: those known crash (B2)."""

NEEDS_BITMAP = "must provide a valid bitmap name for '{}' sync mode"
NEEDS_ON_SUCCESS = "Bitmap sync mode must be 'on-success' when using sync mode 'incremental'"
NEEDS_MODE = "Bitmap sync mode must be given when providing a bitmap"
SYNC_NONE_BITMAP = "sync mode 'none' does not produce meaningful bitmap outputs"
NEVER_WITH = "Bitmap sync mode 'never' has no meaningful effect when combined with sync mode '{}'"
MODE_WITHOUT_BITMAP = "Cannot specify bitmap sync mode without a bitmap"
SAME_NODE = "Source and target cannot be the same"
NO_COMPRESSION = "Compression is not supported for this drive "
TARGET_IN_USE = "Node '{}' is busy: block device is in use by block job: backup"
MAX_WORKERS = "max-workers must be between 1 and 2147483647"
MAX_CHUNK = "max-chunk must be zero (which means no limit) or positive"
CHUNK_TOO_SMALL = "Required max-chunk ({}) is less than backup cluster size ({})"
OTHER_SIZE = "Source and target image have different sizes"
CLUSTER_TOO_LARGE = "min-cluster-size too large: {} > {}"
CLUSTER_NO_POWER = "Cannot create block-copy-state: min-cluster-size needs to be a power of 2"
NO_FILTER = "Could not create node: {}"
BAD_NODE_NAME = "Invalid node-name: '{}'"
NODE_NAME_TAKEN = "Duplicate nodes with node-name='{}'"
NODE_READONLY = "Block node is read-only"
BAD_JOB_ID = "Invalid job ID '{}'"
JOB_ID_TAKEN = "Job ID '{}' already in use"
NEGATIVE_SPEED = "Parameter 'speed' expects a non-negative value"

ABORTED = "Transaction aborted using Abort action"


def not_grouped(action: str, version: tuple[int, int]) -> str:
    """What a kind of action is told under completion-mode grouped.

    Source: blockdev.c in 7.2; recorded from 7.2 and 11.1, and 10.0 says the same as 11.1.
    """
    word = "transaction" if GROUPED_TEXT_IS_LOWER_CASE.is_in(version) else "Transaction"
    return f"Action '{action}' does not support {word} property completion-mode = grouped"
