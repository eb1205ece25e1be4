"""The ways on which assets come in and leave: block chains, and bank transfers in euros."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Network(StrEnum):
    """A way in or out."""

    BITCOIN = "bitcoin"  # BTC
    ETHEREUM = "ethereum"  # ether and its ERC-20 tokens
    SOLANA = "solana"  # SOL and its SPL tokens
    TRON = "tron"  # TRX and its TRC-20 tokens
    SEPA = "sepa"  # bank transfers in euros; addresses are IBANs


@dataclass(frozen=True, slots=True)
class NetworkFacts:
    """Title, the assets it carries, and after how many confirmations a deposit counts (0: staff confirm it)."""

    title: str
    assets: tuple[str, ...]
    confirmations: int

    @property
    def is_chain(self) -> bool:
        """Whether deposits are seen on a block chain."""
        return self.confirmations > 0


NETWORKS: Final[dict[Network, NetworkFacts]] = {
    Network.BITCOIN: NetworkFacts("Bitcoin", ("BTC",), 2),
    Network.ETHEREUM: NetworkFacts(
        "Ethereum", ("ETH", "USDT", "USDC", "DAI", "FDUSD", "PYUSD", "EURC", "LINK", "UNI"), 12
    ),
    Network.SOLANA: NetworkFacts("Solana", ("SOL", "USDC", "USDT", "PYUSD", "EURC"), 32),
    Network.TRON: NetworkFacts("TRON", ("TRX", "USDT"), 20),
    Network.SEPA: NetworkFacts("Bank transfer (SEPA)", ("EUR",), 0),
}


def networks_of(asset: str) -> list[Network]:
    """Return the networks that carry an asset, in the order of lists."""
    return [network for network, facts in NETWORKS.items() if asset in facts.assets]
