"""Telling people: once a cause, in the inbox, live, and by mail when it matters."""

import os
import re

import pytest
from django.core import mail

from apps.core import relay
from apps.core.actors import Actor
from apps.core.clock import travel
from apps.core.context import in_schema
from apps.core.errors import Defect
from apps.core.sealing import open_field
from apps.core.timers import fire_due
from apps.platform.configurations.operations import set_value
from apps.platform.configurations.queries import forget_values
from apps.platform.notifications.choices import Criticality, NotificationTopic, declare_topic
from apps.platform.notifications.models import InboxItem, MailState, OutgoingMail
from apps.platform.notifications.operations import inbox, notify, queue_mail, send_queued
from apps.platform.notifications.operations.mail import FIRST_LOOK
from apps.platform.notifications.queries import count_unread, message_of
from apps.platform.users.operations import register_user

pytestmark = pytest.mark.django_db
QUIET = declare_topic(
    NotificationTopic(name="test.quiet", title="Filled {symbol}", text="{amount} at {price}", path="/x/{id}/")
)
LOUD = declare_topic(NotificationTopic(name="test.loud", title="Paused", text="t", criticality=Criticality.IMPORTANT))
ALARM = declare_topic(NotificationTopic(name="test.alarm", title="Alarm", text="t", criticality=Criticality.SECURITY))


def test_the_same_cause_is_told_once(customer):
    first = notify(customer.pk, QUIET.name, {"symbol": "BTCUSDT", "id": 7}, dedupe_key="a")
    again = notify(customer.pk, QUIET.name, {"symbol": "ETHUSDT", "id": 8}, dedupe_key="a")
    assert first.pk == again.pk
    assert count_unread(customer.pk) == 1
    message = message_of(first)
    assert (message.title, message.text, message.url) == ("Filled BTCUSDT", "– at –", "/x/7/")


def test_an_undeclared_topic_is_a_defect(customer):
    with pytest.raises(Defect):
        notify(customer.pk, "no.such", {}, dedupe_key="a")
    assert not InboxItem.objects.exists()


def test_loud_topics_go_out_by_mail_as_the_tenant_wants(customer, staff, on_commit):
    def mails(topic: str, key: str) -> int:
        before = OutgoingMail.objects.count()
        notify(customer.pk, topic, {}, dedupe_key=key)
        return OutgoingMail.objects.count() - before

    assert (mails(QUIET.name, "1"), mails(LOUD.name, "2"), mails(ALARM.name, "3")) == (0, 1, 1)
    with on_commit():
        set_value(actor=Actor.of(staff), name="notifications.email", value=0, expected_version=0, reason="quiet")
    assert (mails(LOUD.name, "4"), mails(ALARM.name, "5")) == (0, 1)
    forget_values()


def test_a_live_frame_follows_the_commit(customer, tenant_a, on_commit, monkeypatch):
    frames = []
    monkeypatch.setattr(
        inbox, "publish_to_user", lambda topic, owner, data, schema: frames.append((topic, owner, schema, data))
    )
    with on_commit():
        notify(customer.pk, ALARM.name, {}, dedupe_key="a")
        assert frames == []
    topic, owner, schema, data = frames[0]
    assert (topic, owner, schema) == ("notifications", customer.pk, tenant_a.schema)
    assert data["unread"] == 1
    assert data["title"] == "Alarm"


def test_mail_is_sealed_until_it_is_sent_and_gone_afterwards(customer, on_commit):
    with on_commit():
        row = queue_mail(recipient="ann@example.test", subject="Two\nlines", text="secret code 123")
        assert b"secret" not in bytes(OutgoingMail.objects.values_list("text", flat=True).get(pk=row.pk))
        assert open_field(row, "text") == "secret code 123"
        assert mail.outbox == []
    row.refresh_from_db()
    assert row.state == MailState.SENT
    assert open_field(row, "text") == ""
    assert open_field(row, "recipient") == ""
    assert [(sent.to, sent.subject) for sent in mail.outbox] == [(["ann@example.test"], "Two lines")]
    assert send_queued(row.pk) == MailState.SENT
    assert len(mail.outbox) == 1


def test_mail_that_the_queue_lost_is_sent_by_the_timer():
    row = queue_mail(recipient="ann@example.test", subject="s", text="t")
    with travel(FIRST_LOOK):
        fire_due()
    row.refresh_from_db()
    assert row.state == MailState.SENT
    assert len(mail.outbox) == 1


def test_a_server_that_refuses_is_asked_again_later(settings):
    row = queue_mail(recipient="ann@example.test", subject="s", text="t")
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = (
        "django.core.mail.backends.smtp.EmailBackend",
        "127.0.0.1",
        1,
    )
    assert send_queued(row.pk) == MailState.WAITING
    row.refresh_from_db()
    assert row.attempts == 1
    assert open_field(row, "text") == "t"
    assert row.last_error != "t"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    with travel(FIRST_LOOK * 2):
        fire_due()
    row.refresh_from_db()
    assert row.state == MailState.SENT


def test_a_new_account_is_welcomed(on_commit):
    user = register_user(actor=Actor.system("tests"), email="new@example.test", password=None)
    relay.drain()
    relay.drain()
    assert [item.topic for item in InboxItem.objects.filter(owner=user)] == ["users.welcome"]


def test_the_inbox_page_and_api_show_own_messages_only(web, api, customer, other_customer):
    mine = notify(customer.pk, QUIET.name, {"symbol": "BTCUSDT", "id": 1}, dedupe_key="a")
    notify(other_customer.pk, QUIET.name, {"symbol": "SECRETUSDT"}, dedupe_key="a")
    page = web(customer).get("/inbox/").content.decode()
    assert "Filled BTCUSDT" in page
    assert "SECRETUSDT" not in page
    listed = api(customer).get("/api/v1/inbox").json()["results"]
    assert [row["id"] for row in listed] == [str(mine.pk)]
    assert api(other_customer).post(f"/api/v1/inbox/{mine.pk}/read").status_code == 404
    assert api(customer).post(f"/api/v1/inbox/{mine.pk}/read").json()["is_read"] is True
    assert api(customer).get("/api/v1/inbox/unread").json() == {"unread": 0}
    assert api(customer).get("/api/v1/inbox?unread=1").json()["results"] == []


def test_opening_reads_and_reading_all_reads_all(web, customer):
    items = [notify(customer.pk, QUIET.name, {"id": at}, dedupe_key=str(at)) for at in range(60)]
    browser = web(customer)
    assert browser.get(f"/inbox/{items[0].pk}/").url == "/x/0/"
    assert count_unread(customer.pk) == 59
    page = browser.get("/inbox/").content.decode()
    older = re.findall(r'rel="next" href="([^"]+)"', page)[0].replace("&amp;", "&")
    assert browser.get(f"/inbox/{older}").status_code == 200
    browser.post("/inbox/read-all/")
    assert count_unread(customer.pk) == 0
    assert web().get("/inbox/").status_code == 302


@pytest.mark.parametrize("bad", ["before=x", "before=%00", "unread=%00", "before=" + "9" * 400])
def test_odd_addresses_are_no_error(web, customer, bad):
    assert web(customer).get(f"/inbox/?{bad}").status_code == 200


def test_the_mailbox_shows_this_tenants_mail_and_is_for_development(web, settings, tmp_path, tenant_b):
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = "django.core.mail.backends.filebased.EmailBackend", tmp_path
    send_queued(queue_mail(recipient="ann@example.test", subject="Your code", text="code: ABCD").pk)
    with in_schema(tenant_b.schema):
        send_queued(queue_mail(recipient="eve@example.test", subject="Foreign", text="x").pk)
    assert len(os.listdir(tmp_path)) == 2
    page = web().get("/dev/mailbox/").content.decode()
    assert "Your code" in page
    assert "code: ABCD" in page
    assert "Foreign" not in page
    settings.DEVELOPMENT = False
    assert web().get("/dev/mailbox/").status_code == 404
