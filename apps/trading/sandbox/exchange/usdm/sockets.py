"""Sockets under /fstream: an account's contracts by listen key; market streams are those of the pair.

Addresses are those of the venue: /fstream/ws/<name>, and /fstream/<private|market|public>/ws?listenKey=<key>.
"""

import re
from urllib.parse import parse_qs

from apps.trading.sandbox.exchange.sockets import MarketSession, SocketApp
from apps.trading.sandbox.exchange.subscribers import Subscriber
from apps.trading.sandbox.exchange.usdm.feeds import PREFIX, UsdmFeeds
from apps.trading.sandbox.exchange.web import Receive, Scope, Send

_CATEGORY = re.compile(rf"^/{PREFIX}(/(private|market|public))?(?=/)")


class UsdmSession(MarketSession):
    """A stream connection whose listen keys are those of contracts."""

    feeds: UsdmFeeds

    def _listen(self, name: str) -> bool:
        return self.feeds.listen(self._subscriber, name, self._gateway.now_ms())


class UsdmSockets(SocketApp):
    """ASGI application of /fstream/…; what follows the prefix is as on the spot host."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket until either side ends it."""
        path = _CATEGORY.sub("", scope["path"])
        keys = parse_qs(scope["query_string"].decode("utf-8", "replace")).get("listenKey", [])
        path = "/".join([path.rstrip("/"), *keys[:1]])
        await super().__call__({**scope, "path": path}, receive, send)

    def _session(self, subscriber: Subscriber) -> MarketSession:
        session = UsdmSession(self._gateway, self._hub, subscriber)
        session.feeds = self._gateway.venue.usdm_feeds
        return session

    def _forget(self, subscriber: Subscriber) -> None:
        super()._forget(subscriber)
        self._gateway.venue.usdm_feeds.forget(subscriber)
