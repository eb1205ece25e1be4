"""The Celery application. Queues, routes and the schedule are settings."""

from celery import Celery
from celery.signals import task_postrun, worker_init, worker_process_init

app = Celery("outcry")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.set_default()


@worker_init.connect  # type: ignore[untyped-decorator]  # celery ships no types
def refuse_unsafe(**_kwargs: object) -> None:
    """Do not start a production worker on unsafe values."""
    from apps.core.checks import refuse_unsafe_start

    refuse_unsafe_start()


@worker_process_init.connect  # type: ignore[untyped-decorator]  # celery ships no types
def open_own_connections(**_kwargs: object) -> None:
    """Drop what a fork inherited: a database connection belongs to one process."""
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        connection.connection = None


@task_postrun.connect  # type: ignore[untyped-decorator]  # celery ships no types
def count(task: object = None, state: str = "", **_kwargs: object) -> None:
    """Count finished tasks by name and outcome."""
    from apps.core.metrics import TASKS

    TASKS.labels(getattr(task, "name", "unknown"), state).inc()
