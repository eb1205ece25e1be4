"""Mail goes through a row and the queue `mail`: no page waits for a mail server, no mail is lost with a worker."""

import logging
import smtplib
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction

from apps.core import timers
from apps.core.clock import now
from apps.core.context import current_schema
from apps.core.sealing import open_field
from apps.platform.notifications.mailbox import HEADER
from apps.platform.notifications.models import MailState, OutgoingMail

logger = logging.getLogger("outcry.mail")
TIMER = "notifications.send_mail"
MAX_ATTEMPTS = 8
FIRST_LOOK = timedelta(seconds=60)


def queue_mail(*, recipient: str, subject: str, text: str) -> OutgoingMail:
    """Put a mail into the queue, in the caller's transaction; it is sent after the commit, at least once.

    A timer sends it again when the broker or the worker was not there.
    """
    with transaction.atomic():
        mail = OutgoingMail.objects.create(recipient=recipient, subject=" ".join(subject.split()), text=text)
        timers.schedule(name=TIMER, key=f"{mail.pk}:0", due_at=now() + FIRST_LOOK)
    schema = current_schema()

    def hand_over() -> None:
        from apps.platform.notifications.tasks import send_mail

        send_mail.delay(schema, str(mail.pk))

    transaction.on_commit(hand_over, robust=True)
    return mail


def send_queued(mail_id: UUID) -> MailState:
    """Hand a waiting mail to the mail server and return its state; a mail that is not waiting is left alone.

    The row is locked while the server is asked, so that the queue and the timer do not send it both.
    """
    with transaction.atomic():
        mail = OutgoingMail.objects.select_for_update().filter(pk=mail_id).first()
        if mail is None or mail.state != MailState.WAITING:
            return MailState(mail.state) if mail is not None else MailState.FAILED
        message = EmailMessage(
            open_field(mail, "subject"),
            open_field(mail, "text"),
            to=[open_field(mail, "recipient")],
            headers={HEADER: current_schema()} if settings.DEVELOPMENT else {},
        )
        try:
            message.send()
        except (smtplib.SMTPException, OSError) as error:
            _postpone(mail, error)
        else:
            mail.state, mail.sent_at = MailState.SENT, now()
            mail.recipient = mail.subject = mail.text = b""
        mail.save()
        return MailState(mail.state)


def _postpone(mail: OutgoingMail, error: Exception) -> None:
    mail.attempts += 1
    mail.last_error = type(error).__name__
    logger.warning("mail not sent", extra={"mail": str(mail.pk), "attempts": mail.attempts}, exc_info=True)
    if mail.attempts >= MAX_ATTEMPTS:
        mail.state = MailState.FAILED
    else:
        timers.schedule(
            name=TIMER, key=f"{mail.pk}:{mail.attempts}", due_at=now() + timedelta(seconds=30 * 2**mail.attempts)
        )
