"""The sweep of the bots opens tenants with an active bot, all of them, and no other."""

from datetime import timedelta
from typing import Any

import pytest

from apps.core import work
from apps.core.actors import Actor
from apps.core.clock import now, travel
from apps.core.models import TenantWork
from apps.core.tasks import sweep_all
from apps.trading.bots.choices import WORK
from apps.trading.bots.models import Bot, BotLog
from apps.trading.bots.operations import start_bot, stop_bot
from apps.trading.bots.tasks import sweep
from apps.trading.orders.queries import list_bot_orders
from tests.apps.trading.bots.documents import make_bot
from tests.apps.trading.bots.test_bot_life import EAGER, begun, stepped
from tests.apps.trading.bots.test_steps import end_lease, taken
from tests.factories.opened import opened_schemas

pytestmark = pytest.mark.django_db


def opened_by_a_sweep(on_commit: Any) -> set[str]:
    with opened_schemas() as seen, on_commit():
        sweep()
    return seen


def is_in_index(schema: str) -> bool:
    return TenantWork.objects.filter(schema=schema, kind=WORK, next_due_at__lte=now()).exists()


def test_a_tenant_is_opened_from_the_start_of_its_first_bot_to_the_end_of_its_last(
    market, customer, tenant_a, tenant_b, on_commit
):
    bot = make_bot(customer, market.connect(customer), EAGER)
    assert not is_in_index(tenant_a.schema)
    start_bot(actor=Actor.of(customer), bot_id=bot.pk)
    assert is_in_index(tenant_a.schema)
    assert tenant_b.schema not in opened_by_a_sweep(on_commit)
    with travel(work.LINGER * 2):
        opened_by_a_sweep(on_commit)
    with travel(work.LINGER * 4):
        opened_by_a_sweep(on_commit)
        assert is_in_index(tenant_a.schema), "it runs"
        stop_bot(actor=Actor.of(customer), bot_id=bot.pk)
        assert stepped(bot).activity == "stopped"
    with travel(work.LINGER * 6):
        opened_by_a_sweep(on_commit)
        assert not is_in_index(tenant_a.schema)
        start_bot(actor=Actor.of(customer), bot_id=bot.pk)
        assert is_in_index(tenant_a.schema)


def test_a_bot_whose_worker_died_is_picked_up_by_the_next_sweep(market, customer, on_commit):
    bot = begun(customer, market.connect(customer))
    taken(bot, "dead")
    market.step()
    end_lease(bot)
    Bot.objects.filter(pk=bot.pk).update(lease_until=now() - timedelta(seconds=5))
    opened_by_a_sweep(on_commit)
    assert list_bot_orders(bot.pk).count() == 1
    assert BotLog.objects.filter(title="Another worker went on").exists()


def test_an_entry_that_was_lost_is_restored_by_the_full_sweep(market, customer, on_commit, settings, tmp_path):
    settings.STATE_DIR = tmp_path  # the full sweep anchors seals, which the test's rollback takes away
    bot = begun(customer, market.connect(customer))
    market.step()
    TenantWork.objects.all().delete()
    opened_by_a_sweep(on_commit)
    assert not list_bot_orders(bot.pk).exists()
    sweep_all()
    opened_by_a_sweep(on_commit)
    assert list_bot_orders(bot.pk).count() == 1
