"""Answers for what a default client asks outside Spot, so that it never turns to a real exchange."""

from collections.abc import Callable
from typing import Any

Params = dict[str, str]


def _derivatives_info(_: Params) -> Any:
    return {
        "timezone": "UTC",
        "serverTime": 0,
        "rateLimits": [],
        "exchangeFilters": [],
        "assets": [],
        "symbols": [],
        "optionContracts": [],
        "optionAssets": [],
        "optionSymbols": [],
    }


def _system_status(_: Params) -> Any:
    return {"status": 0, "msg": "normal"}


def _nothing(_: Params) -> Any:
    return []


def _ping(_: Params) -> Any:
    return {}


STUBS: tuple[tuple[str, int, Callable[[Params], Any]], ...] = (
    ("/sapi/v1/system/status", 1, _system_status),
    ("/sapi/v1/spot/delist-schedule", 100, _nothing),
    ("/fapi/v1/exchangeInfo", 1, _derivatives_info),
    ("/dapi/v1/exchangeInfo", 1, _derivatives_info),
    ("/eapi/v1/exchangeInfo", 1, _derivatives_info),
    ("/fapi/v1/ping", 1, _ping),
    ("/dapi/v1/ping", 1, _ping),
    ("/papi/v1/ping", 1, _ping),
)
