"""Names of channel-layer groups; each carries the tenant and the person."""

from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer


def group_of(schema: str, user_id: UUID) -> str:
    """Return the group of a person's sockets (ASCII, under 100 characters)."""
    return f"t.{schema}.u.{user_id}"


def send_to_person(schema: str, user_id: UUID, frame: dict[str, Any]) -> None:
    """Put a frame on the person's sockets; raises when Redis is away."""
    layer: Any = get_channel_layer()
    async_to_sync(layer.group_send)(group_of(schema, user_id), {"type": "notification", "frame": frame})
