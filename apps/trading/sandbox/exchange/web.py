"""The little of HTTP over ASGI that the exchange needs."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

Message = dict[str, Any]
Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

BODY_LIMIT = 1 << 20
DISCARD_LIMIT = 16 << 20
MAX_PARAMETERS = 100
TRANSPORT = "sandbox.transport"  # scope extension: the socket's transport, for faults that cut the connection


class BodyTooLargeError(Exception):
    """The request body exceeds the limit."""


class DuplicateParameterError(Exception):
    """A parameter was sent twice in the query, or twice in the body."""


@dataclass(frozen=True)
class Request:
    """One HTTP request, read to its end."""

    method: str
    path: str
    query: bytes
    body: bytes
    headers: dict[str, str]
    client: str
    transport: Any = None

    def parameters(self) -> dict[str, str]:
        """Query and form body merged; the query wins. Raises DuplicateParameterError or ValueError (too many)."""
        return _pairs(self.body) | _pairs(self.query)


@dataclass(frozen=True)
class Response:
    """A JSON answer."""

    payload: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


def _pairs(raw: bytes) -> dict[str, str]:
    text = raw.decode("utf-8", "replace")
    pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
    found = dict(pairs)
    if len(found) != len(pairs):
        raise DuplicateParameterError
    return found


async def read_request(scope: Scope, receive: Receive, limit: int = BODY_LIMIT) -> Request:
    """Collect the body; raises BodyTooLargeError."""
    chunks, size, more = [], 0, True
    while more:
        message = await receive()
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > DISCARD_LIMIT:
            raise BodyTooLargeError
        if size <= limit:
            chunks.append(chunk)
        more = message.get("more_body", False)
    if size > limit:  # read to its end, so that the client hears the refusal
        raise BodyTooLargeError
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    client = (scope.get("client") or ("", 0))[0]
    transport = (scope.get("extensions") or {}).get(TRANSPORT)
    return Request(scope["method"], scope["path"], scope["query_string"], b"".join(chunks), headers, client, transport)


async def send_response(send: Send, response: Response) -> None:
    """Write a JSON answer."""
    body = json.dumps(response.payload, separators=(",", ":")).encode()
    headers = [(b"content-type", b"application/json;charset=UTF-8"), (b"content-length", str(len(body)).encode())]
    headers += [(name.lower().encode(), value.encode()) for name, value in response.headers.items()]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
