"""/ws/notifications: a person's notifications for programs, over the channel layer."""

import asyncio
import json
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer

from apps.core.live.hub import Reader, hub
from apps.core.live.socket import REVOKED
from apps.core.live.topics import Identity, revocation_channel
from apps.platform.notifications.groups import group_of


class NotificationsConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # the library ships no types
    """Sends every new notification of the person as a JSON text; what it is sent is ignored."""

    identity: Identity
    reader: Reader
    ending: "asyncio.Task[None] | None" = None

    async def connect(self) -> None:
        """Join the person's group; hear of a revocation."""
        self.identity = self.scope["identity"]
        self.reader = Reader(self._on_revoked)
        await hub().join(self._revocations(), self.reader, conflates=False)
        await self.channel_layer.group_add(self._group(), self.channel_name)
        await self.accept(self.identity.subprotocol)

    async def disconnect(self, code: int) -> None:
        """Leave the group."""
        await self.channel_layer.group_discard(self._group(), self.channel_name)
        await hub().leave(self._revocations(), self.reader)

    async def notification(self, event: dict[str, Any]) -> None:
        """Pass a notification on."""
        await self.send(text_data=json.dumps(event["frame"]))

    def _on_revoked(self, data: bytes) -> None:
        session = json.loads(data).get("session")
        if session is None or session == self.identity.session_hash:
            self.ending = asyncio.get_running_loop().create_task(self.close(REVOKED))

    def _group(self) -> str:
        return group_of(self.identity.schema, self.identity.user_id)

    def _revocations(self) -> str:
        return revocation_channel(self.identity.schema, self.identity.user_id)
