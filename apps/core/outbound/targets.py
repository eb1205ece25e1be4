"""Reading an address strictly, and judging where it leads. What two readers could understand differently is refused."""

import ipaddress
import re
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

from django.conf import settings

from apps.core.outbound.errors import AddressRefused, HostNotFound
from apps.core.outbound.rules import DEFAULT_PORTS, Rules

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], list[str]]
LONGEST = 2_048
PRINTABLE = re.compile(r"[!-~]+")
LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
NUMBER_LIKE = re.compile(r"[0-9]+|0x[0-9a-f]*")
"""A last label that some readers take for an IPv4 address in decimal, octal, hexadecimal or short form."""
INNER_NAMES = frozenset({
    "localhost", "localdomain", "local", "internal", "intranet", "lan", "home", "corp", "private", "arpa", "onion",
    "invalid", "test", "example", "consul", "cluster", "svc",
})  # fmt: skip
REFUSED_NETWORKS = tuple(
    ipaddress.ip_network(text)
    for text in (
        # Beside what ipaddress calls not global: relays and translations that lead to other networks, reserved space,
        # and the public addresses that cloud providers answer on inside a machine.
        "0.0.0.0/8", "100.64.0.0/10", "168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15",
        "224.0.0.0/4", "240.0.0.0/4", "::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48",
        "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/9",
        "fec0::/10", "ff00::/8",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Target:
    """A judged address: what to say (`host`, `resource`) and where to connect (`address`, `port`)."""

    scheme: str
    host: str
    port: int
    resource: str
    address: str = ""

    @property
    def is_encrypted(self) -> bool:
        """Whether the way is TLS."""
        return self.scheme in {"https", "wss"}

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port: what a credential belongs to."""
        return self.scheme, self.host, self.port

    @property
    def authority(self) -> str:
        """The host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


def read_target(url: str, rules: Rules) -> Target:
    """Return the parts of an address, without looking its name up. Raises AddressRefused."""
    target, netloc = _parts(url)
    if is_exception(target):
        return target
    if target.scheme not in rules.schemes:
        raise _refused("it must begin with " + " or ".join(f"{name}://" for name in sorted(rules.schemes)))
    if target.port not in rules.ports:
        raise _refused(f"port {target.port} is not allowed")
    _check_host(target.host, netloc)
    return target


def _parts(url: str) -> tuple[Target, str]:
    if not 8 <= len(url) <= LONGEST or not PRINTABLE.fullmatch(url) or set(url) & set('\\<>"`{}|^'):
        raise _refused("it has signs that an address cannot have")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _refused("it cannot be read") from None
    if "@" in parts.netloc:
        raise _refused("it holds a user name or a password")
    host = (parts.hostname or "").removesuffix(".")
    if not host or parts.scheme not in DEFAULT_PORTS or not url.lower().startswith(f"{parts.scheme}://"):
        raise _refused("it is no address of a web server")
    resource = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, DEFAULT_PORTS[parts.scheme] if port is None else port, resource), parts.netloc


def is_exception(target: Target) -> bool:
    """Whether the operator named this very host and port as reachable (`OUTBOUND_EXCEPTIONS`, "host:port")."""
    return f"{target.host}:{target.port}" in settings.OUTBOUND_EXCEPTIONS


def find_address(target: Target, seconds: float, resolver: Resolver | None = None) -> Target:
    """Return the target with the one address to connect to. Every address of the name must be public.

    Raises HostNotFound and AddressRefused. Whoever connects must use `address` and never ask for the name again.
    """
    literal = _literal(target.host)
    found = [str(literal)] if literal is not None else _looked_up(target, seconds, resolver or look_up)
    if not found:
        raise HostNotFound(host=target.host)
    if not is_exception(target):
        for text in found:
            _check_public(text)
    return Target(target.scheme, target.host, target.port, target.resource, found[0])


def check_address(url: str, rules: Rules, *, resolver: Resolver | None = None) -> None:
    """Say before saving whether an address may be called; what it leads to is judged again at every call.

    Raises AddressRefused and HostNotFound.
    """
    find_address(read_target(url, rules), rules.seconds, resolver)


def look_up(host: str, port: int) -> list[str]:
    """Return the addresses of a name, as the system answers; none when it has none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(row[4][0]) for row in found))


def is_public(text: str) -> bool:
    """Whether an IP address is one on the public internet that nothing translates to another one."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.scope_id is not None:
        return False
    if any(address in network for network in REFUSED_NETWORKS if network.version == address.version):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _check_host(host: str, netloc: str) -> None:
    literal = _literal(host)
    if literal is not None:
        if netloc.startswith("[") != (literal.version == 6):
            raise _refused("its host cannot be read")
        _check_public(str(literal))
        return
    if "[" in netloc or ":" in host:
        raise _refused("its host cannot be read")
    labels = host.split(".")
    if len(host) > 253 or not all(LABEL.fullmatch(label) for label in labels):
        raise _refused("its host is no name")
    if NUMBER_LIKE.fullmatch(labels[-1]):
        raise _refused("its host is a number in an unusual form")
    if len(labels) == 1 or labels[-1] in INNER_NAMES:
        raise _refused("its host is a name of an inner network")


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _check_public(text: str) -> None:
    if not is_public(text):
        raise _refused("it does not lead to the public internet")


def _looked_up(target: Target, seconds: float, resolver: Resolver) -> list[str]:
    """Ask for a name, and give up after `seconds` (the system's own patience can be a minute)."""
    answers: SimpleQueue[list[str]] = SimpleQueue()
    threading.Thread(target=lambda: answers.put(resolver(target.host, target.port)), daemon=True).start()
    try:
        return answers.get(timeout=max(seconds, 0.001))
    except Empty:
        raise HostNotFound(host=target.host) from None


def _refused(why: str) -> AddressRefused:
    return AddressRefused(field="url", why=why)
