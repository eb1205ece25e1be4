"""Journal records as bytes and back.

The two kinds that come by the thousand, plain orders and cancels, have a fixed layout of 64-bit integers; every other
kind, and any value that does not fit, is JSON. A record decodes to the dict that was encoded.
"""

import json
import struct
from typing import Any

Record = dict[str, Any]

_SIDES = ("BUY", "SELL")
_TYPES = ("LIMIT", "MARKET", "LIMIT_MAKER")
_TIMES = ("GTC", "IOC", "FOK")
_SIDE_CODES = {name: code for code, name in enumerate(_SIDES)}
_TYPE_CODES = {name: code for code, name in enumerate(_TYPES)}
_TIME_CODES = {name: code for code, name in enumerate(_TIMES)}

_SIZE = struct.Struct("<I")
_ORDER = struct.Struct("<IBqqBBBqqq")  # size, kind, time, account, side, type, time in force, price, lots, quote
_CANCEL = struct.Struct("<IBqqq")  # size, kind, time, account, order id
_JSON_KIND, _ORDER_KIND, _CANCEL_KIND = 0, 1, 2
_ORDER_KEYS = len(("k", "t", "account", "s", "side", "type", "tif", "price", "lots", "quote", "cid"))
_CANCEL_KEYS = len(("k", "t", "account", "s", "id", "cid"))
# Looked up once: every command on its way to the disk needs them.
_pack_order, _order_size = _ORDER.pack, _ORDER.size
_pack_cancel, _cancel_size = _CANCEL.pack, _CANCEL.size


def encode(record: Record) -> bytes:
    """The record with its size before it."""
    kind = record["k"]
    try:
        if kind == "order" and len(record) == _ORDER_KEYS:
            text = f"{record['s']}\n{record['cid']}".encode()
            return (
                _pack_order(
                    _order_size + len(text),
                    _ORDER_KIND,
                    record["t"],
                    record["account"],
                    _SIDE_CODES[record["side"]],
                    _TYPE_CODES[record["type"]],
                    _TIME_CODES[record["tif"]],
                    record["price"],
                    record["lots"],
                    record["quote"],
                )
                + text
            )
        if kind == "cancel" and len(record) == _CANCEL_KEYS:
            text = f"{record['s']}\n{record['cid']}".encode()
            size = _cancel_size + len(text)
            return _pack_cancel(size, _CANCEL_KIND, record["t"], record["account"], record["id"]) + text
    except (struct.error, KeyError):
        pass  # a value outside the layout: written as JSON below
    text = json.dumps(record, separators=(",", ":")).encode()
    return _SIZE.pack(_SIZE.size + 1 + len(text)) + bytes((_JSON_KIND,)) + text


def decode_all(data: bytes) -> list[Record]:
    """The records of one group's payload; its checksum has been compared before."""
    records: list[Record] = []
    at = 0
    while at < len(data):
        (size,) = _SIZE.unpack_from(data, at)
        records.append(_decode(data, at, at + size))
        at += size
    return records


def _decode(data: bytes, at: int, end: int) -> Record:
    kind = data[at + _SIZE.size]
    if kind == _ORDER_KIND:
        _, _, time, account, side, order_type, tif, price, lots, quote = _ORDER.unpack_from(data, at)
        symbol, _, client_id = data[at + _ORDER.size : end].decode().partition("\n")
        return {
            "k": "order",
            "t": time,
            "account": account,
            "s": symbol,
            "side": _SIDES[side],
            "type": _TYPES[order_type],
            "tif": _TIMES[tif],
            "price": price,
            "lots": lots,
            "quote": quote,
            "cid": client_id,
        }
    if kind == _CANCEL_KIND:
        _, _, time, account, order_id = _CANCEL.unpack_from(data, at)
        symbol, _, client_id = data[at + _CANCEL.size : end].decode().partition("\n")
        return {"k": "cancel", "t": time, "account": account, "s": symbol, "id": order_id, "cid": client_id}
    record: Record = json.loads(data[at + _SIZE.size + 1 : end])
    return record
