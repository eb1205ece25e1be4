"""One ASGI application: pages, API and admin over HTTP, the live socket over WebSocket."""

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")

from django.core.asgi import get_asgi_application

http = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path

from apps.core.checks import refuse_unsafe_start
from apps.core.live.gate import IdentityGate
from apps.core.live.socket import LiveSocket
from apps.platform.authentication.sockets import resolve
from apps.platform.notifications.consumers import NotificationsConsumer

refuse_unsafe_start()
live: Any = LiveSocket(resolve)
notifications: Any = IdentityGate(resolve, NotificationsConsumer.as_asgi())
sockets = URLRouter([path("ws/live", live), path("ws/notifications", notifications)])
application = ProtocolTypeRouter({"http": http, "websocket": sockets})
