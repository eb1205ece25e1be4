"""`manage.py stream_accounts`: follow the private streams of all active accounts. Any number may run; each has one."""

import asyncio
import os
import random
import signal
import socket
from typing import Any

from django.core.management.base import BaseCommand

from apps.core.ids import uuid7
from apps.trading.orders.stream.process import AccountsProcess


class Command(BaseCommand):
    """Runs until SIGTERM or Ctrl-C. It needs the key ring of the trading workers."""

    help = "Follow the customers' accounts: executions, orders and balances become rows, bots are woken."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Run."""
        owner = f"{socket.gethostname()[:40]}:{os.getpid()}:{uuid7().hex[-8:]}"
        asyncio.run(_serve(AccountsProcess(owner=owner, rng=random.SystemRandom())))


async def _serve(process: AccountsProcess) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    await process.run(stop)
