"""What a key may do, as each exchange says it. Words of an exchange that we do not know count as moving funds."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

MOVING = ("withdraw", "transfer")
BITGET_TRADES = frozenset({"stow", "smow", "coow", "cpow"})
BITGET_HARMLESS = BITGET_TRADES | {"ttow", "taxw", "p2pw"}
"""Words of Bitget for writing ("w" at the end) that move nothing away: spot, margin, contracts, copying, taxes, P2P."""


@dataclass(frozen=True, slots=True)
class Rights:
    """What a key may do, as the exchange says; None where it does not say."""

    can_read: bool | None = None
    can_trade: bool | None = None
    can_withdraw: bool | None = None
    is_ip_bound: bool | None = None


def read_rights(client: Any, ccxt_id: str) -> Rights:
    """Ask an exchange what the key of a client may do; all None where it does not tell, or not to this key.

    Raises what the adapter library raises for keys and ways that do not work.
    """
    import ccxt

    if ccxt_id not in READERS:
        return Rights()
    try:
        return READERS[ccxt_id](client)
    except (ccxt.PermissionDenied, ccxt.BadRequest):
        if ccxt_id in MAY_BE_SILENT:
            return Rights()
        raise


def _moves(words: Collection[str]) -> bool:
    return any(part in word.lower() for word in words for part in MOVING)


def _binance(client: Any) -> Rights:
    found = client.sapi_get_account_apirestrictions()
    trades = ("enableSpotAndMarginTrading", "enableFutures", "enableMargin")
    moves = ("enableWithdrawals", "enableInternalTransfer", "permitsUniversalTransfer")
    return Rights(
        can_read=bool(found.get("enableReading")),
        can_trade=any(found.get(name) for name in trades),
        can_withdraw=any(found.get(name) for name in moves),
        is_ip_bound=bool(found.get("ipRestrict")),
    )


def _bybit(client: Any) -> Rights:
    found = client.private_get_v5_user_query_api()["result"]
    granted = found.get("permissions") or {}
    trades = any(granted.get(name) for name in ("Spot", "ContractTrade", "Options", "Derivatives"))
    return Rights(
        can_read=True,
        can_trade=trades and int(found.get("readOnly") or 0) == 0,
        can_withdraw="Withdraw" in (granted.get("Wallet") or []),
        is_ip_bound=(found.get("ips") or ["*"]) != ["*"],
    )


def _okx(client: Any) -> Rights:
    (found,) = client.private_get_account_config()["data"]
    granted = str(found.get("perm") or "").split(",")
    return Rights(
        can_read="read_only" in granted,
        can_trade="trade" in granted,
        can_withdraw="withdraw" in granted,
        is_ip_bound=bool(found.get("ip")),
    )


def _coinbase(client: Any) -> Rights:
    found = client.v3_private_get_brokerage_key_permissions()
    return Rights(
        can_read=bool(found.get("can_view")),
        can_trade=bool(found.get("can_trade")),
        can_withdraw=bool(found.get("can_transfer")),
    )


def _kraken(client: Any) -> Rights:
    found = client.private_post_getapikeyinfo()["result"]
    granted = [str(word) for word in found.get("permissions") or []]
    if not granted:
        return Rights()
    return Rights(
        can_read="query-funds" in granted,
        can_trade="modify-trades" in granted,
        can_withdraw=_moves(granted),
        is_ip_bound=bool(found.get("ip_allowlist")),
    )


def _kucoin(client: Any) -> Rights:
    found = client.private_get_user_api_key()["data"]
    granted = [word.strip() for word in str(found.get("permission") or "").split(",")]
    return Rights(
        can_read="General" in granted,
        can_trade=any(word in granted for word in ("Spot", "Trade", "Margin", "Futures")),
        can_withdraw=_moves(granted),
        is_ip_bound=bool(found.get("ipWhitelist")),
    )


def _bitget(client: Any) -> Rights:
    found = client.private_spot_get_v2_spot_account_info()["data"]
    granted = [str(word) for word in found.get("authorities") or []]
    writes = {word for word in granted if word.endswith("w")}
    return Rights(
        can_read=bool(granted),
        can_trade=bool(writes & BITGET_TRADES),
        can_withdraw=_moves(granted) or bool(writes - BITGET_HARMLESS),
        is_ip_bound=bool(found.get("ips")),
    )


def _gate(client: Any) -> Rights:
    rows = client.private_account_get_main_keys()
    mine = next((row for row in rows if str(row.get("key")) == client.apiKey), None)
    if mine is None:  # a key of a sub-account, or one whose text is not shown whole
        return Rights()
    writes = [str(item.get("name")) for item in mine.get("perms") or [] if not item.get("read_only")]
    return Rights(
        can_read=bool(mine.get("perms")),
        can_trade=any(word in writes for word in ("spot", "unified", "margin", "futures")),
        can_withdraw=_moves(writes) or "wallet" in writes,
        is_ip_bound=bool(mine.get("ip_whitelist")),
    )


def _htx(client: Any) -> Rights:
    uid = client.spot_private_get_v2_user_uid()["data"]
    rows = client.spot_private_get_v2_user_api_key({"uid": uid, "accessKey": client.apiKey})["data"]
    mine = next((row for row in rows if str(row.get("accessKey")) == client.apiKey), None)
    if mine is None:
        return Rights()
    granted = [word.strip() for word in str(mine.get("permission") or "").split(",")]
    return Rights(
        can_read="readOnly" in granted,
        can_trade="trade" in granted,
        can_withdraw=_moves(granted),
        is_ip_bound=bool(mine.get("ipAddresses")),
    )


READERS: dict[str, Callable[[Any], Rights]] = {
    "binance": _binance,
    "bybit": _bybit,
    "okx": _okx,
    "coinbase": _coinbase,
    "kraken": _kraken,
    "kucoin": _kucoin,
    "bitget": _bitget,
    "gate": _gate,
    "htx": _htx,
}
MAY_BE_SILENT = frozenset({"gate", "htx", "kraken"})
"""Exchanges that tell the rights of a key only to keys that may ask for them; the others answer every key."""
