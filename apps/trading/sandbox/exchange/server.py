"""Runs one sandbox exchange: two listeners (protocol and control) in one event loop."""

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn

from apps.trading.sandbox.exchange.account_api import AccountApi
from apps.trading.sandbox.exchange.candles import load_recording
from apps.trading.sandbox.exchange.clock import WallClock
from apps.trading.sandbox.exchange.config import ExchangeConfig
from apps.trading.sandbox.exchange.connections import STALL_SECONDS, HttpProtocol, SocketProtocol, StallWatch
from apps.trading.sandbox.exchange.control import ControlApp
from apps.trading.sandbox.exchange.endpoints import build_endpoints
from apps.trading.sandbox.exchange.fault_effects import Faults, FrameFaults, MarketFaults
from apps.trading.sandbox.exchange.faults import FaultBox
from apps.trading.sandbox.exchange.gateway import Gateway
from apps.trading.sandbox.exchange.hub import Hub
from apps.trading.sandbox.exchange.journal import Journal, write_durably
from apps.trading.sandbox.exchange.limits import LimitPlan
from apps.trading.sandbox.exchange.live_view import mirrored_recording
from apps.trading.sandbox.exchange.memory import hear_the_disk_soon, spare_a_burst, spare_the_orders, thaw
from apps.trading.sandbox.exchange.mirror import Mirror, start_mirror
from apps.trading.sandbox.exchange.order_list_api import OrderListApi
from apps.trading.sandbox.exchange.public_api import PublicApi
from apps.trading.sandbox.exchange.replace_api import ReplaceApi
from apps.trading.sandbox.exchange.rest import RestApp
from apps.trading.sandbox.exchange.sockets import SocketApp
from apps.trading.sandbox.exchange.status_page import STATUS_PAGE_PATH, RateWatch, StatusPage
from apps.trading.sandbox.exchange.storage import StateFolder
from apps.trading.sandbox.exchange.usdm.account_api import UsdmAccounts
from apps.trading.sandbox.exchange.usdm.endpoints import usdm_endpoints
from apps.trading.sandbox.exchange.usdm.feeds import PREFIX
from apps.trading.sandbox.exchange.usdm.order_api import UsdmOrders
from apps.trading.sandbox.exchange.usdm.public_api import UsdmPublic
from apps.trading.sandbox.exchange.usdm.sockets import UsdmSockets
from apps.trading.sandbox.exchange.venue import TICK_SECONDS, Venue
from apps.trading.sandbox.exchange.web import Receive, Scope, Send

LISTENING_FILE = "listening.json"
_KEEP_ALIVE_SECONDS = 120
_PING_SECONDS = 20
_PONG_SECONDS = 60
_SHUTDOWN_SECONDS = 3
_MAX_FRAME = 1 << 16
_SLOW_TICKS = 10
_STALL_TICKS = 20
_THAW_TICKS = 600
_BACKLOG = 1_024
CONNECTIONS_PER_5_MINUTES = 300

log = logging.getLogger("sandbox.exchange")
Asgi = Callable[[Scope, Receive, Send], Any]


class _Listener(uvicorn.Server):
    """A server without signal handlers of its own: the process has two of them."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to `_serve`."""
        yield


def run(config: ExchangeConfig) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit status (1 when the journal broke).

    Raises CandlesUnusableError, StateUnusableError, JournalCorruptError or OSError before anything is served.
    """
    recording = mirrored_recording(config.mirror) if config.mirror else load_recording(config.candles_dir)
    folder = StateFolder(config, recording)
    try:
        engine, replayed = folder.load()
        spare_the_orders()
        hear_the_disk_soon()
        log.info("replayed %d records, digest %s", replayed, engine.digest())
        uvicorn_loop = uvicorn.Config(app=_no_app, log_config=None).get_loop_factory()
        with asyncio.Runner(loop_factory=uvicorn_loop) as runner:
            status = runner.run(_serve(config, folder, engine))
        if not status:
            folder.snapshot(engine)
        return status
    finally:
        folder.close()


async def _no_app(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """Only there because uvicorn's Config wants an application."""


async def _serve(config: ExchangeConfig, folder: StateFolder, engine: Any) -> int:
    stop = asyncio.Event()
    broken: list[OSError] = []

    def on_broken(error: OSError) -> None:
        log.critical("the journal cannot be written, stopping: %s", error)
        broken.append(error)
        stop.set()

    clock = WallClock()
    journal = Journal(folder.journal_path, on_broken, spare_a_burst)
    venue = Venue(config, clock, engine, journal)
    venue.keep_snapshots(folder)
    await journal.commit()
    hub = Hub(venue, first_update_id=clock.now_ms())
    venue.outlet = hub
    rates = RateWatch(venue, asyncio.get_running_loop().time)
    mirror = start_mirror(venue) if config.mirror else None
    listeners, sockets = _listeners(config, venue, hub, rates, mirror)
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    serving = [
        asyncio.create_task(server.serve(sockets=[sock])) for server, sock in zip(listeners, sockets, strict=True)
    ]
    _announce(config, sockets)
    pulse = asyncio.create_task(_pulse(venue, hub, listeners[0], rates))
    pulse.add_done_callback(lambda _: stop.set())
    following = asyncio.create_task(mirror.run()) if mirror is not None else None
    if following is not None:
        following.add_done_callback(lambda _: stop.set())
    await stop.wait()
    failed = pulse.done() and pulse.exception() is not None
    if failed:
        log.critical("the market clock failed, stopping", exc_info=pulse.exception())
    pulse.cancel()
    if mirror is not None and following is not None:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await mirror.close()
    hub.close_all()
    venue.usdm_feeds.close_all()
    for server in listeners:
        server.should_exit = True
    await asyncio.gather(*serving)
    if broken:
        return 1
    await venue.stop_snapshots()
    await journal.close()
    return 1 if failed else 0


def _listeners(
    config: ExchangeConfig, venue: Venue, hub: Hub, rates: RateWatch, mirror: Mirror | None
) -> tuple[list[_Listener], list[socket.socket]]:
    faults = FaultBox()
    gateway = Gateway(venue, _limit_plan(config), Faults(faults, venue))
    hub.frames, hub.market_frames = FrameFaults(faults), MarketFaults(faults)
    private = AccountApi(venue, gateway.orders)
    endpoints = build_endpoints(
        PublicApi(venue, hub, gateway.published_limits()),
        private,
        OrderListApi(venue, private),
        ReplaceApi(venue, private),
    )
    contracts = UsdmAccounts(venue, venue.usdm_feeds.listen_keys)
    public = UsdmPublic(venue, gateway.published_limits())
    endpoints.rest.update(usdm_endpoints(public, contracts, UsdmOrders(venue, contracts)))
    rest = RestApp(gateway, endpoints, hub.listen_keys)
    stream = SocketApp(gateway, hub, endpoints.socket)
    contract_stream = UsdmSockets(gateway, hub, {})

    page = StatusPage(venue, hub, faults, rates, mirror)

    async def exchange(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (scope["method"], scope["path"]) == ("GET", STATUS_PAGE_PATH):
            await page.answer(send)
            return
        if scope["type"] == "websocket" and scope["path"].startswith(f"/{PREFIX}/"):
            await contract_stream(scope, receive, send)
            return
        await (stream if scope["type"] == "websocket" else rest)(scope, receive, send)

    sockets = [_bind(config.host, config.port), _bind(config.host, config.control_port)]
    return [_listener(exchange), _listener(ControlApp(venue, hub, faults, rates))], sockets


def _listener(app: Asgi) -> _Listener:
    return _Listener(
        uvicorn.Config(
            app,
            http=HttpProtocol,
            ws=SocketProtocol,
            ws_per_message_deflate=False,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws_max_size=_MAX_FRAME,
            ws_ping_interval=_PING_SECONDS,
            ws_ping_timeout=_PONG_SECONDS,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        )
    )


def _limit_plan(config: ExchangeConfig) -> LimitPlan:
    return LimitPlan(
        weight_per_minute=config.weight_per_minute,
        orders_per_10_seconds=config.orders_per_10_seconds,
        orders_per_day=config.orders_per_day,
        # An installation without a weight limit has one address for all: its connections are not counted either.
        connections_per_5_minutes=CONNECTIONS_PER_5_MINUTES if config.weight_per_minute else 0,
    )


def _bind(host: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, port))
    sock.listen(_BACKLOG)
    return sock


def _announce(config: ExchangeConfig, sockets: list[socket.socket]) -> None:
    """Write the ports really used: callers that asked for port 0 read them here."""
    ports = [sock.getsockname()[1] for sock in sockets]
    facts = {"pid": os.getpid(), "host": config.host, "port": ports[0], "control_port": ports[1]}
    write_durably(config.state_dir / LISTENING_FILE, json.dumps(facts).encode())
    log.info("exchange on %s:%d, control on %s:%d", config.host, ports[0], config.host, ports[1])


async def _pulse(venue: Venue, hub: Hub, listener: _Listener, rates: RateWatch) -> None:
    """Move the market and publish differences, ten times a second; end stalled connections now and then."""
    count, stalls, bursts = 0, StallWatch(), venue.journal.bursts
    while True:
        venue.tick()
        hub.flush_fast()
        count += 1
        if count % _SLOW_TICKS == 0:
            hub.flush_slow()
            venue.usdm_feeds.look(venue.clock.now_ms(), venue.state.keys)
            rates.sample()
        if count % _STALL_TICKS == 0:
            stalls.look(listener.server_state.connections, round(STALL_SECONDS / TICK_SECONDS / _STALL_TICKS))
        if count % _THAW_TICKS == 0 and venue.journal.bursts != bursts:
            thaw()
            bursts = venue.journal.bursts
        await asyncio.sleep(TICK_SECONDS)
