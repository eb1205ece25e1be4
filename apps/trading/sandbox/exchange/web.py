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
TRANSPORT = "sandbox.transport"  # scope extension: the socket's transport, for faults that cut the connection


class BodyTooLargeError(Exception):
    """The request body exceeds BODY_LIMIT."""


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
        """Query and form body merged; the query wins."""
        merged = dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))
        merged.update(parse_qsl(self.query.decode("utf-8", "replace"), keep_blank_values=True))
        return merged


@dataclass(frozen=True)
class Response:
    """A JSON answer."""

    payload: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


async def read_request(scope: Scope, receive: Receive) -> Request:
    """Collect the body; raises BodyTooLargeError."""
    chunks, size, more = [], 0, True
    while more:
        message = await receive()
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > BODY_LIMIT:
            raise BodyTooLargeError
        chunks.append(chunk)
        more = message.get("more_body", False)
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
