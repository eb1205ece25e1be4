"""The door of sockets that are Channels consumers: who is there is settled before the consumer sees anything."""

from typing import Any

from apps.core.live.socket import Resolve


class IdentityGate:
    """Puts `scope["identity"]` before an application, or refuses the socket."""

    def __init__(self, resolve: Resolve, application: Any) -> None:
        self.resolve = resolve
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        identity = await self.resolve(scope)
        if identity is None:
            await receive()
            await send({"type": "websocket.close", "code": 4403})
            return
        await self.application({**scope, "identity": identity}, receive, send)
