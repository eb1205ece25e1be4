"""The one HTTP client to addresses that a customer or a feed names.

`fetch` and `open_stream` resolve a name once, refuse every address that is not public, connect to the address that was
judged, and stop at the size and time caps of their rules. No proxy, cookie or credential of this process goes along.
"""

from apps.core.outbound.client import Reply, fetch
from apps.core.outbound.errors import (
    AddressRefused,
    HostNotFound,
    HostUnreachable,
    ReplyTooLarge,
    ReplyTooSlow,
    ReplyUnreadable,
)
from apps.core.outbound.rules import STREAM, WEB, Rules
from apps.core.outbound.streams import Stream, open_stream
from apps.core.outbound.targets import Target, check_address, read_target

__all__ = [
    "STREAM",
    "WEB",
    "AddressRefused",
    "HostNotFound",
    "HostUnreachable",
    "Reply",
    "ReplyTooLarge",
    "ReplyTooSlow",
    "ReplyUnreadable",
    "Rules",
    "Stream",
    "Target",
    "check_address",
    "fetch",
    "open_stream",
    "read_target",
]
