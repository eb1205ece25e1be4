"""The strategy pages in a browser without scripts: build, refuse at the field, revise, compare, archive."""

from typing import Any

import pytest

from apps.core.actors import Actor
from apps.trading.strategies import operations, queries
from apps.trading.strategies.models import Strategy, StrategyVersion
from apps.trading.strategies.pages.forms import DocumentForm
from kernel.strategy import EXAMPLES
from tests.apps.trading.strategies.test_strategy_form import typed

pytestmark = pytest.mark.django_db
RULES = EXAMPLES[1].document


@pytest.fixture
def browser(web: Any, customer: Any) -> Any:
    return web(customer)


@pytest.fixture
def strategy(customer: Any) -> Strategy:
    return operations.create_strategy(actor=Actor.of(customer), owner_id=customer.pk, document=RULES)


def form(**changed: str) -> dict[str, str]:
    return {**typed(DocumentForm.of(RULES)), "action": "save", **changed}


def test_the_list_offers_the_gallery_while_it_is_empty(browser: Any) -> None:
    page = browser.get("/strategies/").content.decode()
    assert EXAMPLES[0].title in page
    gallery = browser.get("/strategies/gallery/").content.decode()
    assert all(example.title in gallery for example in EXAMPLES)


def test_a_gallery_strategy_is_taken_over(browser: Any, customer: Any) -> None:
    answer = browser.post("/strategies/gallery/", {"key": "rsi_reversion"})
    made = queries.list_strategies(customer.pk).get()
    assert answer.url == f"/strategies/{made.pk}/"
    page = browser.get(answer.url).content.decode()
    assert "RSI(14) of close crosses above 30" in page
    assert made.name in browser.get("/strategies/").content.decode()


def test_a_strategy_is_built_from_the_form(browser: Any, customer: Any) -> None:
    shown = browser.get("/strategies/new/?example=rsi_reversion")
    assert 'name="entry-0-left"' in shown.content.decode()
    answer = browser.post("/strategies/new/", form(name="Mine", action="save-and-test"))
    version = queries.list_latest_versions(customer.pk).get()
    assert answer.url == f"/backtests/new/?version={version.pk}"
    assert version.parsed() == RULES.model_copy(update={"name": "Mine"})


def test_a_row_is_added_without_scripts_and_nothing_is_saved(browser: Any) -> None:
    page = browser.post("/strategies/new/", form(name="Half", action="add-entry"))
    assert page.status_code == 200
    assert 'name="entry-1-left"' in page.content.decode()
    assert 'value="Half"' in page.content.decode()
    assert not Strategy.objects.exists()


def test_a_fault_is_shown_at_its_field_and_nothing_is_saved(browser: Any) -> None:
    row = browser.post("/strategies/new/", form(**{"entry-0-left_params": "1"}))
    field = browser.post("/strategies/new/", form(stop_loss_percent="100"))
    assert (row.status_code, field.status_code) == (422, 422)
    assert "Must be between 2 and 1000" in row.content.decode()
    assert 'aria-describedby="id_stop_loss_percent-error' in field.content.decode()
    assert not Strategy.objects.exists()


def test_editing_makes_the_next_version_and_shows_what_changed(browser: Any, strategy: Strategy) -> None:
    edit = f"/strategies/{strategy.pk}/edit/"
    assert 'name="expected" value="1"' in browser.get(edit).content.decode()
    answer = browser.post(edit, form(expected="1", stop_loss_percent="6"))
    assert answer.url == f"/strategies/{strategy.pk}/"
    page = browser.get(answer.url).content.decode()
    assert "Stop loss: 6 % below entry" in page
    diff = browser.get(f"/strategies/{strategy.pk}/diff/?from=1&to=2").content.decode()
    assert "4 % below entry" in diff
    assert "6 % below entry" in diff
    assert "4 % below entry" in browser.get(f"/strategies/{strategy.pk}/?version=1").content.decode()


def test_a_page_that_is_out_of_date_saves_nothing(browser: Any, strategy: Strategy) -> None:
    edit = f"/strategies/{strategy.pk}/edit/"
    browser.post(edit, form(expected="1", stop_loss_percent="6"))
    late = browser.post(edit, form(expected="1", stop_loss_percent="7"))
    assert late.status_code == 422
    assert "Version 2 was saved since you opened version 1" in late.content.decode()
    assert StrategyVersion.objects.count() == 2


def test_saving_without_a_change_adds_no_version(browser: Any, strategy: Strategy) -> None:
    answer = browser.post(f"/strategies/{strategy.pk}/edit/", form(expected="1"))
    assert answer.url == f"/strategies/{strategy.pk}/"
    assert StrategyVersion.objects.count() == 1


def test_archiving_and_restoring(browser: Any, strategy: Strategy) -> None:
    browser.post(f"/strategies/{strategy.pk}/archive/")
    address = f'href="/strategies/{strategy.pk}/"'
    assert address not in browser.get("/strategies/").content.decode()
    assert address in browser.get("/strategies/?archived=1").content.decode()
    browser.post(f"/strategies/{strategy.pk}/restore/")
    assert queries.get_strategy(strategy.pk, strategy.owner_id).state == "active"


def test_foreign_and_nonsense_addresses_are_not_found(web: Any, other_customer: Any, strategy: Strategy) -> None:
    other = web(other_customer)
    base = f"/strategies/{strategy.pk}/"
    for path in ("", "edit/", "diff/?from=1&to=1", "?version=9", "?version=x", "diff/", f"?version={'9' * 40}"):
        assert other.get(base + path).status_code == 404
    assert other.get("/strategies/new/?copy=nonsense").status_code == 404
    assert other.get("/strategies/new/?example=nope").status_code == 404
    assert other.get("/strategies/?page=99999999999999").status_code == 200
    other.post(base + "archive/")
    assert Strategy.objects.get().state == "active"


def test_a_visitor_is_sent_to_log_in(web: Any, strategy: Strategy) -> None:
    for path in ("", "new/", "gallery/", f"{strategy.pk}/"):
        assert web(None).get(f"/strategies/{path}").url.startswith("/login/")
