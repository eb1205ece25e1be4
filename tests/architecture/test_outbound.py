"""Nobody but `apps.core.outbound` speaks HTTP to the outside."""

import re

from tests.architecture.source import product

CLIENTS = re.compile(
    r"(httpx|requests|urllib3|urllib\.request|aiohttp|http\.client|websockets|websocket|pycurl|socket\.create_connection)(\.|$)"
)
HOMES = (
    "apps/core/outbound/",
    # Venues are reached by ccxt's own pooled clients.
    "apps/trading/exchanges/gateways/",
    "apps/trading/market_data/gateways/",
    # Our own sandbox exchange: its address is the operator's setting, on the loopback by default.
    "apps/trading/sandbox/",
    # Starting and watching our own processes.
    "config/runtime/",
)


def test_only_the_outbound_client_calls_out() -> None:
    wrong = [
        f"{source.path}:{line} {name}"
        for source in product()
        if not source.path.startswith(HOMES)
        for name, line in source.imports()
        if CLIENTS.match(name)
    ]
    wrong += [
        f"{source.path} socket.create_connection"
        for source in product()
        if not source.path.startswith(HOMES) and "create_connection(" in source.text
    ]
    assert not wrong
