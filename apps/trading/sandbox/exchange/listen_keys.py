"""Listen keys of the older user stream: one per account, good for an hour, kept alive by PUT. Not journalled."""

import secrets
from dataclasses import dataclass

from apps.trading.sandbox.exchange.errors import ApiError

LIFE_MS = 3_600_000


@dataclass
class ListenKey:
    """One key: the account it shows, the API key that made it, and when it ends."""

    text: str
    account_id: int
    api_key: str
    expires: int


class ListenKeys:
    """All living listen keys; a restart forgets them, like a client's hour without keep-alive."""

    def __init__(self) -> None:
        self._by_text: dict[str, ListenKey] = {}
        self._by_account: dict[int, ListenKey] = {}

    def open(self, account_id: int, api_key: str, now_ms: int) -> str:
        """The account's key, new or prolonged."""
        known = self._by_account.get(account_id)
        if known is None or known.expires <= now_ms or known.api_key != api_key:
            known = ListenKey(secrets.token_urlsafe(48).replace("-", "A").replace("_", "B"), account_id, api_key, 0)
            self._by_account[account_id] = self._by_text[known.text] = known
        known.expires = now_ms + LIFE_MS
        return known.text

    def find(self, text: str, now_ms: int) -> ListenKey | None:
        """A living key."""
        known = self._by_text.get(text)
        return known if known is not None and known.expires > now_ms else None

    def prolong(self, account_id: int, text: str, now_ms: int) -> None:
        """Keep a key for another hour; ApiError -1125."""
        self._owned(account_id, text, now_ms).expires = now_ms + LIFE_MS

    def close(self, account_id: int, text: str, now_ms: int) -> None:
        """End a key; ApiError -1125."""
        self._drop(self._owned(account_id, text, now_ms))

    def expire(self, now_ms: int) -> list[ListenKey]:
        """Keys whose hour is over; they are forgotten."""
        ended = [known for known in self._by_text.values() if known.expires <= now_ms]
        for known in ended:
            self._drop(known)
        return ended

    def _owned(self, account_id: int, text: str, now_ms: int) -> ListenKey:
        known = self.find(text, now_ms)
        if known is None or known.account_id != account_id:
            raise ApiError(-1125, "This listenKey does not exist.")
        return known

    def _drop(self, known: ListenKey) -> None:
        self._by_text.pop(known.text, None)
        if self._by_account.get(known.account_id) is known:
            del self._by_account[known.account_id]
