"""A socket to an ASGI application, in this event loop."""

from typing import Any

from asgiref.testing import ApplicationCommunicator


class WebSocket:
    """Speaks the ASGI WebSocket protocol with an application."""

    def __init__(self, application: Any, **scope: Any) -> None:
        defaults = {"type": "websocket", "path": "/ws/live", "headers": [], "subprotocols": [], "query_string": b""}
        self._application = ApplicationCommunicator(application, {**defaults, **scope})

    async def connect(self) -> bool:
        """Open; return whether the application accepted."""
        await self._application.send_input({"type": "websocket.connect"})
        answer = await self._application.receive_output(timeout=5)
        return bool(answer["type"] == "websocket.accept")

    async def send(self, text: str) -> None:
        """Send a text frame."""
        await self._application.send_input({"type": "websocket.receive", "text": text})

    async def event(self) -> Any:
        """Return the next thing the application does."""
        return await self._application.receive_output(timeout=5)

    async def text(self) -> str:
        """Return the next text frame."""
        event = await self.event()
        assert event["type"] == "websocket.send", event
        return str(event["text"])

    async def disconnect(self) -> None:
        """Leave, and wait until the application has noticed."""
        await self._application.send_input({"type": "websocket.disconnect", "code": 1000})
        await self._application.wait(timeout=5)
