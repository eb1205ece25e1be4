"""The exchanges by id: what the adapter library declares, and what we know and tested besides."""

import json
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from apps.trading.exchanges.choices import Capability, IdStyle
from apps.trading.exchanges.errors import CapabilityMissing, CapabilityUnknown, ExchangeUnknown

DECLARED_FILE = Path(__file__).parent / "declared.json"


@dataclass(frozen=True, slots=True)
class ClientIds:
    """Which ids of ours an exchange takes: at most `longest` characters of a form; ours are brought into `style`.

    `param` is the adapter's word for it.
    """

    longest: int
    form: str = "letters and digits"
    param: str = "clientOrderId"
    style: IdStyle = IdStyle.PLAIN


@dataclass(frozen=True, slots=True)
class Budget:
    """What an exchange allows one address: `limit` units in `window_ms`; a request costs `units` for each of its cost.

    `per_key` is what it allows one key besides (orders), in requests; None where the address's budget is all there is.
    """

    limit: int
    window_ms: int = 60_000
    units: Decimal = Decimal(1)
    per_key: tuple[int, int] | None = None
    used_header: str = ""
    """The header that tells what the address has used in the present window."""


@dataclass(frozen=True, slots=True)
class Tested:
    """What we know of an exchange beyond the library: the rows that the contract suite runs for."""

    metadata: str
    """Whose rules (tick, step, least amount) are in the market descriptions that we wrote for the suite: "recorded"
    from the exchange (metadata/PROVENANCE.md names the source) or "synthetic", made up like all else in them."""
    client_ids: ClientIds | None = None
    budget: Budget | None = None
    reads_key_rights: bool = False
    other_hosts: tuple[str, ...] = ()
    """Hosts that serve the same accounts and are asked while the first one fails."""
    key_page: str = ""


TESTED: dict[str, Tested] = {
    "binance": Tested(
        "recorded",
        ClientIds(36, "letters, digits and . : / _ -"),
        Budget(6_000, units=Decimal(5), per_key=(100, 10_000), used_header="x-mbx-used-weight-1m"),
        reads_key_rights=True,
        other_hosts=("api1.binance.com", "api2.binance.com", "api3.binance.com"),
        key_page="https://www.binance.com/en/my/settings/api-management",
    ),
    "bybit": Tested(
        "recorded",
        ClientIds(36, "letters, digits, - and _"),
        Budget(600, 5_000, per_key=(20, 1_000)),
        reads_key_rights=True,
        other_hosts=("api.bytick.com",),
        key_page="https://www.bybit.com/app/user/api-management",
    ),
    "okx": Tested(
        "recorded",
        ClientIds(32),
        Budget(20, 2_000, per_key=(60, 2_000)),
        reads_key_rights=True,
        other_hosts=("aws.okx.com",),
        key_page="https://www.okx.com/account/my-api",
    ),
    "kraken": Tested(
        "recorded",
        ClientIds(36, "a UUID, or free text of 18 characters", style=IdStyle.UUID),
        Budget(60, 60_000),
        reads_key_rights=True,
        key_page="https://pro.kraken.com/app/settings/api",
    ),
    "coinbase": Tested(
        "recorded",
        ClientIds(36, "a UUID", "client_order_id", IdStyle.UUID),
        Budget(30, 1_000),
        reads_key_rights=True,
        key_page="https://portal.cdp.coinbase.com/projects/api-keys",
    ),
    "kucoin": Tested(
        "synthetic", ClientIds(40), Budget(2_000, 30_000), reads_key_rights=True,
        key_page="https://www.kucoin.com/account/api"
    ),
    "bitget": Tested(
        "synthetic", ClientIds(50), Budget(6_000, 60_000), reads_key_rights=True,
        key_page="https://www.bitget.com/account/newapi"
    ),
    "gate": Tested(
        "synthetic",
        ClientIds(28, "letters, digits, - _ . after “t-”", style=IdStyle.PACKED),
        Budget(200, 10_000),
        reads_key_rights=True,
        key_page="https://www.gate.com/myaccount/profile/api-key/manage",
    ),
    "htx": Tested(
        "synthetic", ClientIds(64), Budget(100, 10_000), reads_key_rights=True,
        key_page="https://www.htx.com/en-us/apikey/",
    ),
    "mexc": Tested(
        "synthetic", ClientIds(32), Budget(500, 10_000), key_page="https://www.mexc.com/user/openapi"
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Exchange:
    """All we know of an exchange."""

    id: str
    name: str
    home: str
    cost_ms: Decimal
    """Milliseconds of the exchange's time that a request of cost 1 takes up."""
    needs: tuple[str, ...]
    can: dict[str, str] = field(repr=False)
    tested: Tested | None = None

    def how(self, capability: Capability) -> str:
        """Return "yes", "emulated" or "" (it cannot, as far as is declared)."""
        return self.can.get(capability.value, "")

    def require(self, capability: Capability) -> None:
        """Raise CapabilityMissing, a sentence for the customer, unless the exchange declares it."""
        if not self.how(capability):
            raise CapabilityMissing(exchange=self.name, capability=in_words(capability))


def list_exchange_ids() -> list[str]:
    """Return all ids, the tested ones first."""
    others = sorted(set(_declared()) - set(TESTED))
    return [*TESTED, *others]


def get_exchange(ccxt_id: str) -> Exchange:
    """Return an exchange by its id. Raises ExchangeUnknown."""
    row = _declared().get(ccxt_id)
    if row is None:
        raise ExchangeUnknown(field="venue", exchange=ccxt_id)
    tested = TESTED.get(ccxt_id)
    can = dict(row["can"])
    if row["testnet"]:
        can[Capability.TESTNET.value] = "yes"
    if "password" in row["needs"]:
        can[Capability.PASSPHRASE.value] = "yes"
    if tested is not None and tested.client_ids is not None:
        can[Capability.CLIENT_IDS.value] = "yes"
    if tested is not None and tested.reads_key_rights:
        can[Capability.READ_KEY_RIGHTS.value] = "yes"
    return Exchange(
        ccxt_id, row["name"].replace("Ⓢ", "S"), row["home"], Decimal(row["cost_ms"]), tuple(row["needs"]), can, tested
    )


def capability_of(name: str) -> Capability:
    """Return the capability of a name. Raises CapabilityUnknown, which lists the ones there are."""
    try:
        return Capability(name)
    except ValueError:
        known = ", ".join(item.value for item in Capability)
        raise CapabilityUnknown(capability=name, known=known) from None


def in_words(capability: Capability) -> str:
    """Return a capability as a customer reads it."""
    return capability.value.replace("_", " ")


def budget_of(ccxt_id: str) -> Budget:
    """Return the budget of one address at an exchange; for an untested one the library's own pace, in thousandths."""
    found = get_exchange(ccxt_id)
    if found.tested is not None and found.tested.budget is not None:
        return found.tested.budget
    window = 60_000
    return Budget(int(window * 1_000 / max(found.cost_ms, Decimal(1))), window, Decimal(1_000))


@lru_cache(maxsize=1)
def _declared() -> dict[str, Any]:
    rows: dict[str, Any] = json.loads(DECLARED_FILE.read_text())
    return rows
