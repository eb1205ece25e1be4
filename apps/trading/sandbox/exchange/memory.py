"""The interpreter of a process whose memory is mostly orders that never go away, and whose disk answers to a thread."""

import gc
import sys

_SWITCH_SECONDS = 0.0005
_YOUNG, _MIDDLE, _OLD = 700, 10, 1_000


def spare_the_orders() -> None:
    """Leave everything loaded so far out of collections, and collect the old generation a hundred times less often.

    A full collection walks every order ever placed and holds up all acknowledgements meanwhile; orders, trades and
    records form no cycles, reference counts free them.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)


def hear_the_disk_soon() -> None:
    """Let the journal's thread have the interpreter half a millisecond after the disk answered, not five (Python's)."""
    sys.setswitchinterval(_SWITCH_SECONDS)
