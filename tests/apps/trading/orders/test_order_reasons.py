"""What a customer reads of a refused order: plain words with what to do; the code only small, beside the order."""

import pytest
from django.urls import reverse

from apps.trading.exchanges.operations import Rejected
from apps.trading.orders.operations import record_outcome
from apps.trading.orders.reasons import FUNDS, NO_POSITION, TOO_BUSY, WOULD_TAKE, reason_of, said_of
from tests.apps.trading.orders.funded import connected
from tests.apps.trading.orders.wishes import SYSTEM, sent, wish

SAID = "Account has insufficient balance for requested action."


TAKES = "Order would immediately match and take."
OURS = "This order is too large. Choose less."
NO_WORDS = "The exchange refused it without a reason. Look at the account there, or place it again."


@pytest.mark.parametrize(
    ("code", "message", "reason", "small"),
    [
        ("-2010", SAID, FUNDS, f"-2010: {SAID}"),
        ("-2010", TAKES, WOULD_TAKE, f"-2010: {TAKES}"),
        ("-2022", "ReduceOnly Order is rejected.", NO_POSITION, "-2022: ReduceOnly Order is rejected."),
        ("-1003", "Too many requests.", TOO_BUSY, "-1003: Too many requests."),
        ("risk.order_size", OURS, OURS, "risk.order_size"),
        ("51008", "Sorry", "The exchange refused it: Sorry. Change the order, or place it again.", "51008"),
        ("51008", "", NO_WORDS, "51008"),
    ],
)
def test_every_refusal_is_a_sentence_with_what_to_do(code, message, reason, small):
    assert (reason_of(code, message), said_of(code, message)) == (reason, small)
    assert code not in reason_of(code, message)


@pytest.mark.django_db
def test_the_list_has_words_and_the_page_of_the_order_the_code_besides(customer, web):
    connection = connected(customer, USDT="10000")
    order = sent(customer, connection.pk, wish("buy", "0.01", "60000"))
    record_outcome(actor=SYSTEM, order_id=order.pk, outcome=Rejected("-2010", SAID))
    listed = web(customer).get(reverse("orders-list")).content.decode()
    assert "Refused: The account does not have enough for it" in listed
    assert "-2010" not in listed
    shown = web(customer).get(reverse("orders-detail", args=[order.pk])).content.decode()
    assert f'<p>{FUNDS}<span class="under small mono quiet">-2010: {SAID}</span></p>' in shown
