"""The inbox, and in development the mailbox."""

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from apps.core.actors import Actor
from apps.core.errors import DomainError
from apps.core.ids import parse_uuid
from apps.core.templatetags.ui import age
from apps.platform.notifications.mailbox import Mail, list_mails
from apps.platform.notifications.operations import mark_all_read, mark_read
from apps.platform.notifications.queries import Message, count_unread, list_inbox, message_of

PAGE_SIZE = 50


@dataclass(frozen=True)
class Choice:
    """A filter."""

    label: str
    url: str
    current: bool


@dataclass(frozen=True)
class Cursor:
    """Links to newer and older messages."""

    summary: str
    previous_url: str = ""
    next_url: str = ""


@dataclass(frozen=True)
class InboxRow:
    """A message as the page shows it."""

    id: UUID
    time: str
    tone: str
    icon: str
    title: str
    text: str
    url: str
    read: bool


@dataclass(frozen=True)
class InboxPage:
    """What inbox.html reads."""

    note: str
    filters: list[Choice]
    rows: list[InboxRow]
    page: Cursor
    read_all_url: str


@dataclass(frozen=True)
class MailRow:
    """A mail in the list."""

    url: str
    time: str
    to: str
    subject: str
    current: bool


@dataclass(frozen=True)
class MailboxPage:
    """What mailbox.html reads."""

    mails: list[MailRow]
    mail: Mail | None


def inbox(request: HttpRequest) -> HttpResponseBase:
    """Show the person's messages, newest first. Raises nothing: a stranger is sent to log in."""
    if not request.user.is_authenticated:
        return HttpResponseRedirect(f"{settings.LOGIN_URL}?next={request.path}")
    owner_id = request.user.pk
    unread_only = request.GET.get("unread") == "1"
    rows = list_inbox(owner_id, unread_only=unread_only)
    before = parse_uuid(request.GET.get("before", ""))
    shown = list((rows.filter(pk__lt=before) if before else rows)[: PAGE_SIZE + 1])
    older = f"?before={shown[PAGE_SIZE - 1].pk}{'&unread=1' if unread_only else ''}" if len(shown) > PAGE_SIZE else ""
    page = InboxPage(
        note=f"{count_unread(owner_id)} unread",
        filters=[Choice("All", "?", not unread_only), Choice("Unread", "?unread=1", unread_only)],
        rows=[_row(message_of(item)) for item in shown[:PAGE_SIZE]],
        page=Cursor(f"{min(len(shown), PAGE_SIZE)} shown", "?" if before else "", older),
        read_all_url=reverse("notifications-read-all"),
    )
    return render(request, "platform/notifications/inbox.html", {"page": page})


@require_POST
def read_all(request: HttpRequest) -> HttpResponseBase:
    """Mark all messages as read."""
    if request.user.is_authenticated:
        mark_all_read(actor=Actor.of(request.user))
    return HttpResponseRedirect(reverse("notifications-inbox"))


@require_GET
def open_message(request: HttpRequest, item_id: UUID) -> HttpResponseBase:
    """Mark a message as read and go where it leads."""
    if not request.user.is_authenticated:
        return HttpResponseRedirect(f"{settings.LOGIN_URL}?next={reverse('notifications-inbox')}")
    try:
        item = mark_read(actor=Actor.of(request.user), item_id=item_id)
    except DomainError:
        raise Http404 from None
    return HttpResponseRedirect(message_of(item).url or reverse("notifications-inbox"))


@require_GET
def mailbox(request: HttpRequest) -> HttpResponseBase:
    """Show the mail of this host's tenant that was written to files. Development only, else 404."""
    tenant = getattr(request, "tenant", None)
    if not settings.DEVELOPMENT or tenant is None:
        raise Http404
    mails = list_mails(tenant.schema)
    wanted = request.GET.get("mail", "")
    chosen = next((mail for mail in mails if mail.id == wanted), mails[0] if mails else None)
    rows = [MailRow(f"?mail={mail.id}", mail.time, mail.to, mail.subject, mail is chosen) for mail in mails]
    context = {"tenant_name": tenant.name, "home_url": "/", "page": MailboxPage(rows, chosen)}
    return render(request, "platform/notifications/mailbox.html", context)


def _row(message: Message) -> InboxRow:
    url = reverse("notifications-open", args=[message.id]) if message.url else ""
    return InboxRow(
        message.id, age(message.at), message.tone, message.icon, message.title, message.text, url, message.is_read
    )
