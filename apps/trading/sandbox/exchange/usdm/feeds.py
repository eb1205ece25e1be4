"""Who listens to an account's contracts: sockets under /fstream, opened with a listen key of theirs."""

from collections import defaultdict
from typing import Any

from apps.trading.sandbox.exchange.listen_keys import ListenKeys
from apps.trading.sandbox.exchange.subscribers import Subscriber, UserFeed

Json = dict[str, Any]
PREFIX = "fstream"


class UsdmFeeds:
    """Feeds by account, and the listen keys that open them."""

    def __init__(self) -> None:
        self.listen_keys = ListenKeys()
        self._feeds: dict[int, set[UserFeed]] = defaultdict(set)

    def listen(self, subscriber: Subscriber, text: str, now_ms: int) -> bool:
        """Add a socket to the account of a living listen key; False for another text."""
        known = self.listen_keys.find(text, now_ms)
        if known is None:
            return False
        self._feeds[known.account_id].add(UserFeed(subscriber, known.account_id, known.api_key, listen_key=text))
        return True

    def forget(self, subscriber: Subscriber) -> None:
        """Drop every feed of a socket."""
        for account_id, feeds in list(self._feeds.items()):
            left = {feed for feed in feeds if feed.subscriber is not subscriber}
            if left:
                self._feeds[account_id] = left
            else:
                del self._feeds[account_id]

    def send(self, account_id: int, message: Json) -> None:
        """Send a message to an account's sockets."""
        for feed in tuple(self._feeds.get(account_id, ())):
            feed.send(message)

    def look(self, now_ms: int, keys: Any) -> None:
        """End feeds whose listen key is over or whose API key was revoked."""
        expired = {key.text for key in self.listen_keys.expire(now_ms)}
        for feed in [feed for feeds in self._feeds.values() for feed in feeds]:
            if feed.listen_key in expired:
                feed.send({"e": "listenKeyExpired", "E": now_ms, "listenKey": feed.listen_key})
            elif feed.api_key in keys:
                continue
            self._feeds[feed.account_id].discard(feed)
            feed.subscriber.close()

    def close_all(self) -> None:
        """End every connection."""
        for feed in [feed for feeds in self._feeds.values() for feed in feeds]:
            feed.subscriber.close()
