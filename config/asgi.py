"""One ASGI application: pages, API and admin over HTTP, the live socket over WebSocket."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")

from django.core.asgi import get_asgi_application

http = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path

from apps.core.live.socket import LiveSocket
from apps.platform.authentication.sockets import resolve

application = ProtocolTypeRouter({"http": http, "websocket": URLRouter([path("ws/live", LiveSocket(resolve))])})
