"""One request, one answer, within the rules."""

import http.client
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from apps.core.outbound.connecting import Deadline, TimedSocket, connect
from apps.core.outbound.errors import AddressRefused, HostUnreachable, ReplyTooLarge, ReplyTooSlow, ReplyUnreadable
from apps.core.outbound.rules import WEB, Rules
from apps.core.outbound.targets import Resolver, Target, find_address, read_target

TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
VALUE = re.compile(r"[ -~]{0,4096}")
OWN = frozenset({"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "upgrade", "expect"})
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE"})
MOVED = frozenset({301, 302, 303, 307, 308})
CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: status, headers with names in lower case, body, and the address that gave it."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str

    def json(self) -> Any:
        """Return the body as JSON, numbers with a point as texts (no float). Raises ReplyUnreadable."""
        try:
            return json.loads(self.body, parse_float=str)
        except (ValueError, RecursionError):
            raise ReplyUnreadable(host=self.url.split("/")[2], why="it is no JSON") from None


def fetch(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    rules: Rules = WEB,
    resolver: Resolver | None = None,
) -> Reply:
    """Send a request and return the answer, whatever its status.

    The name is looked up once and the connection goes to the address that was judged. A redirect is an answer unless
    `rules.redirects` allows to follow it (GET and HEAD only), and then each step is judged like the first. Raises
    AddressRefused, HostNotFound, HostUnreachable, ReplyTooLarge, ReplyTooSlow and ReplyUnreadable.
    """
    sent = _checked(method, headers or {})
    target = read_target(url, rules)
    call = _Call(method, body, Deadline(target.host, rules.seconds), rules)
    for step in range(rules.redirects + 1):
        found = find_address(target, call.deadline.left(), resolver)
        reply = _ask(call, url, found, sent)
        where = reply.headers.get("location", "")
        if reply.status not in MOVED or not where or step == rules.redirects or method not in {"GET", "HEAD"}:
            return reply
        url = urljoin(url, where)
        onward = read_target(url, rules)
        if target.is_encrypted and not onward.is_encrypted:
            raise AddressRefused(field="url", why="it leads from an encrypted to an open address")
        if onward.origin != target.origin:
            sent = {name: text for name, text in sent.items() if name.lower() in {"accept", "user-agent"}}
        target = onward
    raise HostUnreachable(host=target.host, why="it redirects without end")


def _checked(method: str, headers: Mapping[str, str]) -> dict[str, str]:
    if method not in METHODS:
        raise AddressRefused(field="method", why="its method is not allowed")
    for name, text in headers.items():
        if not TOKEN.fullmatch(name) or not VALUE.fullmatch(text) or name.lower() in OWN:
            raise AddressRefused(field="headers", why=f"the header {name[:40]!r} is not allowed")
    return {"User-Agent": "Outcry", **headers}


@dataclass(frozen=True, slots=True)
class _Call:
    """What stays the same over redirects."""

    method: str
    body: bytes
    deadline: Deadline
    rules: Rules


def _ask(call: _Call, url: str, target: Target, headers: Mapping[str, str]) -> Reply:
    channel: Any = TimedSocket(connect(target, call.deadline), call.deadline)
    talk = http.client.HTTPConnection(target.host, target.port)
    talk.sock = channel
    try:
        talk.putrequest(call.method, target.resource, skip_host=True, skip_accept_encoding=True)
        own = {"Host": target.authority, "Accept-Encoding": "identity", "Connection": "close"}
        if call.body or call.method in {"POST", "PUT"}:
            own["Content-Length"] = str(len(call.body))
        for name, text in {**headers, **own}.items():
            talk.putheader(name, text)
        talk.endheaders(call.body or None)
        answer = talk.getresponse()
        return Reply(answer.status, _headers(answer, target), _body(answer, target, call), url)
    except TimeoutError:
        raise ReplyTooSlow(host=target.host, seconds=f"{call.deadline.seconds:g}") from None
    except (http.client.HTTPException, ValueError) as error:
        raise ReplyUnreadable(host=target.host, why=type(error).__name__) from None
    except OSError:
        raise HostUnreachable(host=target.host, why="the connection broke") from None
    finally:
        channel.hang_up()


def _headers(answer: http.client.HTTPResponse, target: Target) -> dict[str, str]:
    found = {name.lower(): text for name, text in answer.getheaders()}
    if found.get("content-encoding", "identity").lower() not in {"identity", ""}:
        raise ReplyUnreadable(host=target.host, why="it is packed although that was not asked for")
    return found


def _body(answer: http.client.HTTPResponse, target: Target, call: _Call) -> bytes:
    too_large = ReplyTooLarge(host=target.host, most=call.rules.max_bytes)
    if answer.length is not None and answer.length > call.rules.max_bytes:
        raise too_large
    parts, size = [], 0
    while True:
        call.deadline.left()
        part = answer.read1(CHUNK)
        if not part:
            break
        size += len(part)
        if size > call.rules.max_bytes:
            raise too_large
        parts.append(part)
    if answer.length:
        raise ReplyUnreadable(host=target.host, why="it ended too early")
    return b"".join(parts)
