"""A broker in memory: what is sent waits, as it does for a worker, until the test works it off."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from celery import current_app
from celery.signals import before_task_publish

SETTINGS = ("task_always_eager", "broker_url")
OF_CELERY = "celery."


@dataclass(frozen=True)
class Message:
    """A message as a worker gets it."""

    task: str
    args: list[Any]
    text: str
    """Head and body as text."""


@dataclass
class Queue:
    """Every message since the queue was opened, and those that still wait."""

    sent: list[Message] = field(default_factory=list)
    waiting: list[Message] = field(default_factory=list)

    def take(self, sender: str, headers: dict[str, Any], body: Any, **_facts: Any) -> None:
        """Note a message that goes out (a receiver of Celery's signal)."""
        args = json.loads(json.dumps(body[0], default=str))
        message = Message(sender, args, json.dumps([headers, body], default=str))
        self.sent.append(message)
        self.waiting.append(message)

    def work_off(self, schema: str, task: str) -> None:
        """Run the messages of a tenant's task that wait, and those that come of them."""
        while found := next((item for item in self.waiting if (item.task, item.args[:1]) == (task, [schema])), None):
            self.waiting.remove(found)
            run(found.task, *found.args)


def run(task: str, *args: Any) -> None:
    """Run a task here as a worker would."""
    current_app.loader.import_default_modules()
    current_app.tasks[task].apply(args=args, throw=True)


def registered() -> dict[str, Any]:
    """Return every task of ours by name."""
    current_app.loader.import_default_modules()
    return {name: task for name, task in current_app.tasks.items() if not name.startswith(OF_CELERY)}


def tenant_tasks() -> set[str]:
    """Return the names of the tasks that `tenant_task` made."""
    return {name for name, task in registered().items() if _code(task).co_qualname.startswith("tenant_task.")}


def _code(task: Any) -> Any:
    """Return the code of what a task runs, without the wrapping of Celery's own retries."""
    return getattr(task, "_orig_run", task.run).__code__


@contextmanager
def open_queue() -> Iterator[Queue]:
    """Have everything that is sent while the block lasts wait in memory."""
    queue = Queue()
    before = {name: current_app.conf[name] for name in SETTINGS}
    current_app.conf.update(task_always_eager=False, broker_url="memory://")
    _forget_connections()
    before_task_publish.connect(queue.take)
    try:
        yield queue
    finally:
        before_task_publish.disconnect(queue.take)
        current_app.conf.update(**before)
        _forget_connections()


def _forget_connections() -> None:
    app: Any = current_app._get_current_object()
    app._pool = app.amqp._producer_pool = None
