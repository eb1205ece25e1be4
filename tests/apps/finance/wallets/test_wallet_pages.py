"""The wallet's pages: what they show, one effect for a double click, refusals, strangers."""

import re
from typing import Any
from uuid import uuid4

import pytest

from apps.core.actors import Actor
from apps.core.clock import freeze
from apps.finance.ledger.choices import AccountKind, Mode
from apps.finance.ledger.models import Journal
from apps.finance.wallets.choices_earning import Every
from apps.finance.wallets.models import SavingsGoal, StakePosition, YieldPosition
from apps.finance.wallets.operations import GoalPlan, create_goal, deposit_to_goal, open_stake, open_yield_position
from tests.apps.finance.wallets.earning_ground import (
    D,
    at,
    check_books,
    free,
    fund,
    inside,
    nothing_changes,
    pass_days,
    staking_product,
    yield_product,
)
from tests.apps.finance.wallets.test_analytics_value import bitcoin, rate

pytestmark = pytest.mark.django_db
LISTS = (
    "",
    "activity/",
    "goals/",
    "earn/",
    "stake/",
    "deposit/",
    "withdraw/",
    "addresses/",
    "lock/",
    "send/",
    "paper/",
)


def text_of(answer: Any) -> str:
    """Return a page's words without its tags, on one line."""
    return " ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split())


def key() -> str:
    return uuid4().hex


def new_goal(**more: str) -> dict[str, str]:
    return {"name": "A new laptop", "asset": "USDT", "target": "2000", "every": "", "mode": "live", **more}


def goal_of(user: Any, **more: Any) -> SavingsGoal:
    return create_goal(actor=Actor.of(user), asset="USDT", plan=GoalPlan(name="Holidays", target=D(100)), **more)


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("mode", ["live", "paper"])
def test_every_page_of_an_empty_wallet_says_what_to_do_next(customer: Any, web: Any, path: str, mode: str) -> None:
    answer = web(customer).get(f"/wallet/{path}?mode={mode}")
    assert answer.status_code == 200
    assert 'aria-current="page"' in answer.content.decode()
    expected = {
        ("", "live"): "Make the first deposit",
        ("", "paper"): "Get play money",
        ("activity/", "live"): "Put money in",
        ("goals/", "live"): "Make a goal",
        ("earn/", "live"): "Savings goals",
        ("withdraw/", "live"): "Open the address book",
        ("send/", "live"): "Put money in",
    }.get((path, mode), "")
    assert expected in text_of(answer)


def test_nobody_sees_a_wallet_without_signing_in(web: Any) -> None:
    for path in LISTS:
        assert web().get(f"/wallet/{path}").status_code == 302


def test_the_overview_shows_places_prices_and_what_has_none(customer: Any, web: Any) -> None:
    bars = bitcoin()
    with freeze(at("2024-06-04")):
        rate("USDT", "USD", "0.9995")
        fund(customer, "BTC", "0.5")
        fund(customer, "USDT", "1000")
        fund(customer, "DOT", "7")
        goal = goal_of(customer)
        deposit_to_goal(actor=Actor.of(customer), goal_id=goal.pk, amount=D(25), movement_id=uuid4())
        page = text_of(web(customer).get("/wallet/?mode=live"))
    price = D(int(bars.close[3 * 288 - 1])) / 100
    worth = D("0.5") * price * D("0.9995") + D("999.5")
    assert f"{worth.quantize(D('0.01'), rounding='ROUND_DOWN'):,f} USD" in page
    assert "No price is known for DOT , so it is not in the total." in page
    assert "In savings goals 25.00" in page
    assert "Says who" in page
    assert "Live Real money" in page


def test_play_money_and_real_money_are_never_on_one_page(customer: Any, web: Any) -> None:
    fund(customer, "USDT", "1111.11")
    fund(customer, "USDT", "2222.22", mode=Mode.PAPER)
    client = web(customer)
    live, paper = text_of(client.get("/wallet/?mode=live")), text_of(client.get("/wallet/?mode=paper"))
    assert ("1,111.11" in live, "2,222.22" in live) == (True, False)
    assert ("1,111.11" in paper, "2,222.22" in paper) == (False, True)
    assert "band-live" not in client.get("/wallet/").content.decode()
    assert "2,222.22" in text_of(client.get("/wallet/activity/"))
    goal = goal_of(customer)
    assert "band-live" in client.get(f"/wallet/goals/{goal.pk}/").content.decode()


def test_what_was_chosen_last_does_not_change_what_a_form_moves(customer: Any, web: Any) -> None:
    client = web(customer)
    client.get("/wallet/?mode=paper")
    client.post("/wallet/goals/new/", new_goal(mode="live", idempotency_key=key()))
    assert SavingsGoal.objects.get().mode == Mode.LIVE


def test_a_double_click_makes_one_goal(customer: Any, web: Any) -> None:
    client, wanted = web(customer), new_goal(every="week", amount="25", weekday="3", idempotency_key=key())
    first, second = client.post("/wallet/goals/new/", wanted), client.post("/wallet/goals/new/", wanted)
    goal = SavingsGoal.objects.get()
    assert first.url == second.url == f"/wallet/goals/{goal.pk}/"
    assert (goal.every, goal.anchor_day, goal.amount, goal.mode) == (Every.WEEK, 3, D(25), Mode.LIVE)
    assert "25.00 USDT every Wednesday" in text_of(client.get(first.url)).replace("\xa0", " ")


def test_a_form_that_was_sent_with_other_values_says_so(customer: Any, web: Any) -> None:
    client, wanted = web(customer), new_goal(idempotency_key=key())
    client.post("/wallet/goals/new/", wanted)
    answer = client.post("/wallet/goals/new/", {**wanted, "target": "3000"})
    assert answer.status_code == 422
    assert "This form was sent before with other values" in text_of(answer)
    assert wanted["idempotency_key"] not in answer.content.decode()
    assert SavingsGoal.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"target": "12,5"}, "Write the amount in digits"),
        ({"target": "0"}, "Write an amount of more than zero."),
        ({"deadline": "2020-01-01"}, "Choose a day after today"),
        ({"every": "day", "amount": ""}, "Write how much goes in each time."),
        ({"name": " "}, "This field is required."),
        ({"asset": "NOPE"}, "Select a valid choice."),
        ({"every": "week", "amount": "5", "weekday": ""}, "Choose a day from 1 to 7."),
    ],
)
def test_a_refused_form_keeps_what_was_typed(customer: Any, web: Any, wrong: dict[str, str], words: str) -> None:
    with nothing_changes():
        answer = web(customer).post("/wallet/goals/new/", new_goal(idempotency_key="kept-key", **wrong))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in text_of(answer)
    assert 'value="2000"' in page or "target" in wrong
    assert 'value="kept-key"' in page or "weekday" in wrong


def test_money_goes_into_a_goal_once_and_comes_back(customer: Any, web: Any) -> None:
    fund(customer, "USDT", "100")
    goal, client = goal_of(customer), web(customer)
    url, once = f"/wallet/goals/{goal.pk}/", key()
    for _ in range(2):
        assert client.post(url, {"action": "add", "amount": "40", "idempotency_key": once}).url == url
    assert (free(customer, "USDT"), inside(customer, AccountKind.SAVINGS)) == (D(60), D(40))
    assert client.post(url, {"action": "take", "amount": "15", "idempotency_key": key()}).status_code == 302
    assert inside(customer, AccountKind.SAVINGS) == D(25)
    with nothing_changes():
        answer = client.post(url, {"action": "add", "amount": "75.01", "idempotency_key": key()})
    assert answer.status_code == 422
    assert "Only 75 USDT are available." in text_of(answer)
    assert 'value="75.01"' in answer.content.decode()
    client.post(f"{url}control/", {"action": "close", "idempotency_key": key()})
    assert free(customer, "USDT") == D(100)
    check_books()


def test_a_goal_is_changed_paused_and_resumed(customer: Any, web: Any) -> None:
    goal, client = goal_of(customer), web(customer)
    url = f"/wallet/goals/{goal.pk}/"
    changed = {
        "name": "Sea",
        "target": "50",
        "every": "month",
        "amount": "5",
        "monthday": "31",
        "idempotency_key": key(),
    }
    assert client.post(f"{url}edit/", changed).url == url
    goal.refresh_from_db()
    assert (goal.target, goal.every, goal.anchor_day) == (D(50), Every.MONTH, 31)
    for action in ("pause", "resume"):
        assert client.post(f"{url}control/", {"action": action, "idempotency_key": key()}).status_code == 302
    page = client.get(f"{url}edit/").content.decode()
    assert 'value="Sea"' in page
    assert '<option value="31" selected>' in page


def test_a_product_takes_money_once_and_gives_it_back(customer: Any, web: Any) -> None:
    product = yield_product(("2020-01-01", (("0", "0.05"), ("1000", "0.02"))), name="Flexible", minimum=D(10))
    fund(customer, "USDT", "500")
    client, url, once = web(customer), f"/wallet/earn/products/{product.pk}/", key()
    with nothing_changes():
        small = client.post(url, {"amount": "9", "mode": "live", "idempotency_key": key()})
    assert (small.status_code, "This product takes at least 10 USDT." in text_of(small)) == (422, True)
    for _ in range(2):
        client.post(url, {"amount": "200", "mode": "live", "idempotency_key": once})
    position = YieldPosition.objects.get()
    assert free(customer, "USDT") == D(300)
    shown = text_of(client.get("/wallet/earn/")).replace("\xa0", " ")
    assert "5 % at most, a year" in shown
    assert "200.00" in shown
    taken = client.post(f"/wallet/earn/{position.pk}/take-out/", {"action": "take-out", "idempotency_key": key()})
    assert taken.url == f"/wallet/earn/{position.pk}/"
    assert free(customer, "USDT") == D(500)
    assert "Paid back" in text_of(client.get(taken.url))


def test_a_stake_shows_when_it_is_bonded_and_released(customer: Any, web: Any) -> None:
    product = staking_product(name="Ether", unbonding_days=7)
    fund(customer, "ETH", "3")
    client = web(customer)
    with freeze(at("2024-06-01 09:00")):
        page = text_of(client.get(f"/wallet/stake/products/{product.pk}/"))
        assert "Bonded 2 Jun 2024, 00:00 UTC" in page
        client.post(f"/wallet/stake/products/{product.pk}/", {"amount": "2", "mode": "live", "idempotency_key": key()})
        stake = StakePosition.objects.get()
        url = f"/wallet/stake/{stake.pk}/"
        assert "Waits to be bonded" in text_of(client.get(url))
    pass_days("2024-06-02", "2024-06-04")
    with freeze(at("2024-06-05 14:00")):
        client.post(f"{url}take-out/", {"action": "take-out", "idempotency_key": key()})
        page = text_of(client.get(url)).replace("\xa0", " ")
    assert "Released 12 Jun 2024, 14:00 UTC 7 d left" in page
    assert "0.00060000 ETH so far." in page


def test_activity_pages_on_without_gaps_and_filters(customer: Any, web: Any) -> None:
    for number in range(1, 46):
        fund(customer, "USDT" if number % 3 else "BTC", f"0.{number:03d}")
    client, seen, url = web(customer), [], "/wallet/activity/?mode=live"
    while url:
        page = client.get(url).content.decode()
        seen += re.findall(r'href="(/wallet/activity/[0-9a-f-]{36}/\d+/)"', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        url = following[1].replace("&amp;", "&") if following else ""
    assert len(seen) == len(set(seen)) == 45
    only = text_of(client.get("/wallet/activity/?asset=BTC&kind=deposit"))
    assert "15 movements" in only
    assert "Nothing like that" in text_of(client.get("/wallet/activity/?kind=fee"))
    assert client.get("/wallet/activity/?after=%00x&asset=NOPE&since=x").status_code == 200
    receipt = text_of(client.get(seen[0]))
    assert "Receipt" in receipt
    assert "0.045" in receipt


def test_a_movement_names_what_it_belongs_to(customer: Any, web: Any) -> None:
    fund(customer, "USDT", "100")
    goal = goal_of(customer)
    deposit_to_goal(actor=Actor.of(customer), goal_id=goal.pk, amount=D(25), movement_id=uuid4())
    page = web(customer).get("/wallet/activity/?mode=live").content.decode()
    assert "Into a savings goal" in page
    assert f'href="/wallet/goals/{goal.pk}/"' in page
    assert "Holidays" in page


def test_strangers_find_nothing(customer: Any, other_customer: Any, web: Any) -> None:
    fund(customer, "USDT", "500")
    fund(customer, "ETH", "1")
    actor = Actor.of(customer)
    goal = goal_of(customer)
    position = open_yield_position(actor=actor, product_id=yield_product().pk, amount=D(100))
    stake = open_stake(actor=actor, product_id=staking_product().pk, amount=D(1))
    account = Journal.objects.earliest("id").entries.get(account__holder=customer).account_id
    stranger = web(other_customer)
    for path in (
        f"goals/{goal.pk}/", f"goals/{goal.pk}/edit/", f"earn/{position.pk}/", f"stake/{stake.pk}/",
        f"activity/{account}/1/",
    ):  # fmt: skip
        assert web(customer).get(f"/wallet/{path}").status_code == 200
        assert stranger.get(f"/wallet/{path}").status_code == 404
    with nothing_changes():
        for path, data in (
            (f"goals/{goal.pk}/", {"action": "take", "amount": "1"}),
            (f"goals/{goal.pk}/control/", {"action": "close"}),
            (f"earn/{position.pk}/take-out/", {}),
            (f"stake/{stake.pk}/take-out/", {}),
        ):
            answer = stranger.post(f"/wallet/{path}", {**data, "idempotency_key": key()})
            assert answer.status_code == 404
