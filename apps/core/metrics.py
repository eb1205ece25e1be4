"""Figures for Prometheus. Labels are routes, names and codes: never ids, never people."""

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Histogram(
    "outcry_request_seconds",
    "Time to answer an HTTP request",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
TASKS = Counter("outcry_tasks_total", "Celery tasks finished", ["task", "outcome"])
OUTBOX_WAITING = Gauge("outcry_outbox_waiting", "Events that wait for delivery, over all schemas seen by this process")
HUB_CONNECTIONS = Gauge("outcry_hub_connections", "Open sockets of the live hub")
HUB_FRAMES = Counter("outcry_hub_frames_total", "Frames put on sockets by the live hub", ["outcome"])
