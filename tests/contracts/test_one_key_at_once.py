"""One key sent 64 times at once is one effect, and the same answer for all."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from apps.core.context import in_schema
from apps.finance.ledger.models import Hold, Journal
from apps.finance.ledger.proofs import ledger_holds
from apps.finance.wallets.models import Deposit, Withdrawal
from apps.platform.tenants.queries import get_tenant
from tests.contracts.money_ground import Person, prepare_tenant
from tests.contracts.samples import SAMPLES
from tests.contracts.test_idempotency_of_writes import key

OFTEN = 64
AT_ONCE: dict[str, Callable[[Person], int]] = {
    "DepositList.post": lambda person: Deposit.objects.filter(owner_id=person.user.pk).count(),
    "WithdrawalList.post": lambda person: (
        Withdrawal.objects.filter(owner_id=person.user.pk).count()
        + Hold.objects.filter(account__holder_id=person.user.pk, state="open").count() - 1
    ),
    "GoalDeposit.post": lambda person: (
        Journal.objects.filter(kind="save", entries__account__holder_id=person.user.pk).distinct().count() - 1
    ),
}  # fmt: skip
"""Writes that are sent 64 times at once, and how often each took effect."""


@pytest.mark.real_commit
@pytest.mark.parametrize("name", AT_ONCE)
def test_64_requests_at_once_with_one_key_are_one(name: str, real_db: Any) -> None:
    schema = get_tenant("alpha").schema
    with in_schema(schema):
        prepare_tenant()
        person = Person("ann")
        request = SAMPLES[name](person)
    given, gate = key(), threading.Barrier(OFTEN)
    answers: list[Any] = []

    def send() -> None:
        try:
            gate.wait(60)
            answers.append(person._send(request, given, None, ""))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(OFTEN)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert len(answers) == OFTEN
    assert {answer.status_code for answer in answers} <= {200, 201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotency-Replayed" not in answer for answer in answers) == 1
    with in_schema(schema):
        assert AT_ONCE[name](person) == 1
        assert ledger_holds() == []
