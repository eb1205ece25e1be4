"""A web process that serves only live sockets, for the hub's benchmark and its test: `python -m … <socket fd>`.

Everybody is let in; the one family of topics is `bench_prices`, whose slow readers get the newest price only.
"""

import sys
from typing import Any

import django
import uvicorn

from apps.core.ids import uuid7
from apps.core.live import Identity, Scope, Topic, register_topic
from apps.core.live.socket import LiveSocket

FAMILY = "bench_prices"
register_topic(
    Topic(FAMILY, Scope.PUBLIC, lambda _identity, _topic: {}, lambda _identity, _topic: True, conflates=True)
)


async def identify(_scope: dict[str, Any]) -> Identity:
    """Let everyone in."""
    return Identity(schema="public", user_id=uuid7(), session_hash="s")


if __name__ == "__main__":
    django.setup()
    application: Any = LiveSocket(identify)
    uvicorn.run(application, fd=int(sys.argv[1]), lifespan="off", access_log=False, log_level="error")
