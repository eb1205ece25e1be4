"""Addresses to which money leaves: is this text one, and what is its one spelling? No network is asked."""

from kernel.addresses.checks import AddressError, check_address, example_address, groups_of_four
from kernel.addresses.networks import NETWORKS, Network, NetworkFacts, networks_of

__all__ = [
    "NETWORKS",
    "AddressError",
    "Network",
    "NetworkFacts",
    "check_address",
    "example_address",
    "groups_of_four",
    "networks_of",
]
