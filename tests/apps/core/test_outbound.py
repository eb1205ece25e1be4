"""The outgoing client: what it refuses, where it connects, and when it gives up."""

import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from apps.core.errors import DomainError
from apps.core.outbound import (
    AddressRefused,
    HostNotFound,
    HostUnreachable,
    ReplyTooLarge,
    ReplyTooSlow,
    ReplyUnreadable,
    Rules,
    check_address,
    fetch,
    open_stream,
    read_target,
)
from apps.core.outbound.targets import is_public
from tests.apps.core.refused_addresses import HOSTS, REFUSED
from tests.apps.core.trap_server import Trap, answer, trap

OPEN = Rules(schemes=frozenset({"http"}), ports=frozenset(range(1, 65_536)), seconds=2)
PUBLIC = "93.184.215.14"


def allowed(settings: Any, found: Trap, host: str = "127.0.0.1") -> str:
    settings.OUTBOUND_EXCEPTIONS = frozenset({f"{host}:{found.port}"})
    return f"http://{host}:{found.port}"


def test_the_corpus_is_large() -> None:
    assert len(set(REFUSED)) >= 150


@pytest.mark.parametrize("url", REFUSED)
def test_refused_before_any_name_is_looked_up(url: str) -> None:
    def nobody_asks(host: str, _port: int) -> list[str]:
        raise AssertionError(host)

    with pytest.raises(AddressRefused):
        fetch("GET", url, resolver=nobody_asks)


def test_no_form_of_the_corpus_reaches_a_port_that_listens() -> None:
    with trap() as found:
        for host in HOSTS:
            for scheme in ("http", "https"):
                if ":" in host.rpartition("]")[2]:
                    continue
                with pytest.raises(DomainError):
                    fetch("GET", f"{scheme}://{host}:{found.port}/", rules=OPEN, resolver=lambda *_: [PUBLIC])
        assert found.connections == 0


@pytest.mark.parametrize(
    "answers",
    [
        ["127.0.0.1"], ["10.1.2.3"], ["169.254.169.254"], ["100.64.0.1"], ["::1"], ["::ffff:127.0.0.1"],
        ["fe80::1%eth0"],
        ["fd00:ec2::254"], ["64:ff9b::7f00:1"], ["2002:7f00:1::"], ["0.0.0.0"], [PUBLIC, "127.0.0.1"],
        [PUBLIC, "::1"], ["168.63.129.16"], ["no address"], ["224.0.0.1"],
    ],
)  # fmt: skip
def test_a_name_that_leads_inside_is_refused(answers: list[str]) -> None:
    with pytest.raises(AddressRefused):
        fetch("GET", "https://rebound.example.com/", resolver=lambda *_: answers)


def test_a_name_is_looked_up_once_and_its_address_is_kept() -> None:
    """DNS rebinding: public at the check, inside at the connection. Nobody asks a second time."""
    asked: list[str] = []

    def turning(host: str, _port: int) -> list[str]:
        asked.append(host)
        return [PUBLIC] if len(asked) == 1 else ["127.0.0.1"]

    with trap() as found:
        quick = Rules(schemes=frozenset({"http"}), ports=frozenset({found.port}), seconds=0.2)
        with pytest.raises((HostUnreachable, ReplyTooSlow)):
            fetch("GET", f"http://rebound.example.com:{found.port}/", rules=quick, resolver=turning)
        assert (asked, found.connections) == (["rebound.example.com"], 0)


def test_public_addresses_are_public() -> None:
    assert all(is_public(text) for text in (PUBLIC, "1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "2a00:1450:4001::1"))
    assert read_target("https://Api.Example.com:8443/a?b=c#d", Rules()).resource == "/a?b=c"
    check_address("https://api.example.com/x", Rules(), resolver=lambda *_: [PUBLIC])
    with pytest.raises(HostNotFound):
        check_address("https://api.example.com/x", Rules(), resolver=lambda *_: [])


def test_an_answer_comes_whole_and_nothing_of_ours_goes_along(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1/")
    with trap(answer(headers="X-Fact: 7\r\n", body=b'{"price": 1.5}')) as found:
        reply = fetch("POST", allowed(settings, found) + "/hook?a=1", headers={"X-Sign": "s"}, body=b"{}", rules=OPEN)
    assert (reply.status, reply.headers["x-fact"], reply.json()) == (200, "7", {"price": "1.5"})
    lines = found.heads[0].split("\r\n")
    assert lines[0] == "POST /hook?a=1 HTTP/1.1"
    assert {"X-Sign: s", "Content-Length: 2", "Accept-Encoding: identity", f"Host: 127.0.0.1:{found.port}"} <= set(
        lines
    )
    assert not any(line.lower().startswith(("cookie", "authorization", "proxy")) for line in lines)


@pytest.mark.parametrize(
    "headers",
    [
        {"X": "a\r\nHost: evil"},
        {"X\r\nY": "a"},
        {"Host": "evil.example"},
        {"Content-Length": "0"},
        {"X": "é"},
        {"": "a"},
    ],
)
def test_headers_cannot_split_a_request(headers: dict[str, str]) -> None:
    with pytest.raises(AddressRefused):
        fetch("GET", "https://example.com/", headers=headers)
    with pytest.raises(AddressRefused):
        fetch("CONNECT", "https://example.com/")


@pytest.mark.parametrize("host", ["127.0.0.1", "169.254.169.254", "[::1]", "10.0.0.1", "localhost"])
def test_a_redirect_inside_is_refused_and_none_is_followed_unasked(settings: Any, host: str) -> None:
    with trap() as inner, trap(answer("302 Found", f"Location: http://{host}:{inner.port}/\r\n")) as outer:
        url = allowed(settings, outer)
        assert fetch("GET", url, rules=OPEN).status == 302
        following = Rules(schemes=OPEN.schemes, ports=OPEN.ports, seconds=2, redirects=3)
        with pytest.raises(AddressRefused):
            fetch("GET", url, rules=following)
        assert fetch("POST", url, rules=following).status == 302
        assert inner.connections == 0


def test_a_redirect_drops_credentials_for_another_host(settings: Any) -> None:
    with trap() as second, trap(answer("302 Found", f"Location: http://127.0.0.1:{second.port}/x\r\n")) as first:
        settings.OUTBOUND_EXCEPTIONS = frozenset({f"127.0.0.1:{first.port}", f"127.0.0.1:{second.port}"})
        rules = Rules(schemes=OPEN.schemes, ports=OPEN.ports, seconds=2, redirects=1)
        reply = fetch("GET", f"http://127.0.0.1:{first.port}/", headers={"Authorization": "apikey s"}, rules=rules)
    assert (reply.status, reply.body) == (200, b"ok")
    assert "apikey" in first.heads[0]
    assert "apikey" not in second.heads[0]


def endless(piece: bytes, pause: float = 0.0) -> Callable[[socket.socket, str], None]:
    def play(channel: socket.socket, _head: str) -> None:
        channel.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        end = time.monotonic() + 5
        while time.monotonic() < end:
            channel.sendall(piece)
            time.sleep(pause)

    return play


def drip_head(channel: socket.socket, _head: str) -> None:
    end = time.monotonic() + 5
    channel.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    while time.monotonic() < end:
        channel.sendall(b"a")
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("play", "error"),
    [
        (answer(body=b"x" * 2_000), ReplyTooLarge),
        (endless(b"x" * 4_096), ReplyTooLarge),
        (endless(b"x", 0.02), ReplyTooSlow),
        (drip_head, ReplyTooSlow),
        (lambda channel, _head: channel.sendall(b"SSH-2.0-OpenSSH\r\n"), ReplyUnreadable),
        (lambda channel, _head: channel.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"), ReplyUnreadable),
        (lambda channel, _head: channel.sendall(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 500 + b"\r\n"), ReplyUnreadable),
        (answer(headers="Content-Encoding: gzip\r\n"), ReplyUnreadable),
        (lambda _channel, _head: None, ReplyUnreadable),
    ],
    ids=["long", "endless", "dripping", "dripping-head", "no-http", "short", "many-headers", "packed", "silent-end"],
)
def test_caps_of_size_and_time_hold(settings: Any, play: Any, error: type[DomainError]) -> None:
    rules = Rules(schemes=OPEN.schemes, ports=OPEN.ports, seconds=0.4, max_bytes=1_000)
    with trap(play) as found:
        began = time.monotonic()
        with pytest.raises(error):
            fetch("GET", allowed(settings, found), rules=rules)
        assert time.monotonic() - began < 1.5


def test_a_stream_is_judged_like_a_request(settings: Any) -> None:
    for url in ("wss://127.0.0.1/", "ws://example.com/", "wss://[::ffff:127.0.0.1]/", "https://example.com/"):
        with pytest.raises(AddressRefused):
            open_stream(url)
    with pytest.raises(AddressRefused):
        open_stream("wss://feed.example.com/", resolver=lambda *_: ["10.0.0.1"])
    with trap() as found:
        settings.OUTBOUND_EXCEPTIONS = frozenset({f"127.0.0.1:{found.port}"})
        with pytest.raises(HostUnreachable):
            open_stream(f"ws://127.0.0.1:{found.port}/")


def test_a_certificate_must_be_right(settings: Any) -> None:
    with trap() as found:
        settings.OUTBOUND_EXCEPTIONS = frozenset({f"127.0.0.1:{found.port}"})
        with pytest.raises((HostUnreachable, ReplyTooSlow)):
            fetch("GET", f"https://127.0.0.1:{found.port}/", rules=Rules(seconds=1))
