"""Sending mail: by the queue at once, by the timer when the queue failed."""

from uuid import UUID

from apps.core import timers
from apps.core.models import Timer
from apps.core.tasks import tenant_task
from apps.platform.notifications.operations.mail import TIMER, send_queued


@tenant_task("mail.send")
def send_mail(mail_id: str) -> None:
    """Hand one mail to the mail server."""
    send_queued(UUID(mail_id))


@timers.on_timer(TIMER)
def look_again(timer: Timer) -> None:
    """Send a mail that still waits: the broker or the worker was not there. A new failure makes a new timer."""
    send_queued(UUID(timer.key.partition(":")[0]))
