"""Wiring only: settings, URLs, ASGI, Celery, admin site, runtime of the one-command start."""
