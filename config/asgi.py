"""One ASGI application: pages, API and admin over HTTP, the live socket over WebSocket."""

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")

from django.core.asgi import get_asgi_application

http = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path

from apps.core.live.socket import LiveSocket
from apps.platform.authentication.sockets import resolve

live: Any = LiveSocket(resolve)
application = ProtocolTypeRouter({"http": http, "websocket": URLRouter([path("ws/live", live)])})
