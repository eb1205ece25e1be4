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


def spare_a_burst() -> None:
    """Leave what the commands of a full group made out of collections, as orders are, before it is walked even once.

    Walking young orders costs more than a tenth of a command, and a walk over some thousands holds up a group.
    """
    gc.freeze()


def thaw() -> None:
    """Give what bursts set apart to the old generation, where cycles are found; costs nothing now."""
    gc.unfreeze()


def hear_the_disk_soon() -> None:
    """Let the journal's thread have the interpreter half a millisecond after the disk answered, not five (Python's)."""
    sys.setswitchinterval(_SWITCH_SECONDS)
