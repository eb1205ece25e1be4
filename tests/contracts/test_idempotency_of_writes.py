"""Every write of money or orders: no key, no effect; one key, one effect and the same bytes; nobody else's key."""

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from apps.core.clock import travel
from apps.core.context import in_schema
from apps.finance.ledger.models import Hold, Journal
from apps.finance.ledger.proofs import ledger_holds
from apps.finance.wallets.models import Deposit, Withdrawal
from apps.platform.tenants.queries import get_tenant
from tests.contracts.money_ground import (
    Person,
    Request,
    changed,
    digest,
    money_writes,
    prepare_tenant,
    tenant,
)
from tests.contracts.samples import SAMPLES

PROBLEM = "application/problem+json"
OFTEN = 64


def is_problem(answer: Any, *statuses: int) -> str:
    """Assert that an answer is a refusal in words, and return its code."""
    assert answer.status_code in statuses, (answer.status_code, answer.content[:300])
    assert answer["Content-Type"].startswith(PROBLEM)
    told = json.loads(answer.content)
    assert told["code"], told
    assert told["detail"], told
    return str(told["code"])


def key() -> str:
    return f"key-{uuid4().hex}"


def test_every_write_of_money_has_a_sample_and_asks_for_a_key_in_the_document() -> None:
    from tests.contracts.test_openapi import document

    assert money_writes().keys() == SAMPLES.keys()
    paths = document()["paths"]
    for name, route in money_writes().items():
        path = route.replace("<uuid:", "{").replace("<int:", "{").replace(">", "}")
        headers = [one for one in paths[path][name.rpartition(".")[2]].get("parameters", ()) if one["in"] == "header"]
        assert [(one["name"], one["required"]) for one in headers] == [("Idempotency-Key", True)], name


@pytest.mark.django_db
@pytest.mark.parametrize("name", SAMPLES)
def test_no_key_is_no_effect_and_one_key_is_one_effect_and_the_same_bytes(name: str) -> None:
    prepare_tenant()
    person = Person("ann")
    request, given = SAMPLES[name](person), key()
    before = digest()
    for wrong in (None, "", "k" * 256, "schlüssel"):
        answer = person._send(request, wrong, None, "")
        assert is_problem(answer, 400, 422) == "core.idempotency_key_missing"
    assert changed(before) == []
    first = person.send(request, given)
    assert first.status_code in (200, 201, 202), first.content
    assert set(changed(before)) - {"core_idempotencyrecord", "security_stepupgrant"} != set()
    done = digest()
    for _ in range(2):
        again = person._send(request, given, None, "")
        assert (again.status_code, again.content) == (first.status_code, first.content)
        assert again["Idempotency-Replayed"] == "true"
    other = person._send(request, given, request.other, "")
    assert is_problem(other, 409) == "core.idempotency_key_reused"
    assert changed(done) == []


@pytest.mark.django_db
@pytest.mark.parametrize("name", SAMPLES)
def test_the_same_key_of_another_person_and_of_another_tenant_never_hits(name: str, tenant_b: Any) -> None:
    prepare_tenant()
    given, bodies = key(), []
    for person in (Person("ann"), Person("bob")):
        bodies.append(_fresh(person, SAMPLES[name](person), given))
    with tenant(tenant_b.schema):
        far = Person("ann", host="beta.localhost")
        bodies.append(_fresh(far, SAMPLES[name](far), given))
    if name not in SAYS_THE_SAME:
        assert len(set(bodies)) == 3


SAYS_THE_SAME = {
    "WalletLock.post", "PaperReset.post", "QualityBounds.put", "OrderLimits.put", "ContractChoices.put", "Targets.put",
}  # fmt: skip
"""Answers without an id or a moment of their own."""


def _fresh(person: Person, request: Request, given: str) -> bytes:
    before = digest()
    answer = person.send(request, given)
    assert answer.status_code in (200, 201, 202), answer.content
    assert "Idempotency-Replayed" not in answer
    assert set(changed(before)) - {"core_idempotencyrecord", "security_stepupgrant"} != set()
    return bytes(answer.content)


@pytest.mark.django_db
@pytest.mark.parametrize("name", SAMPLES)
def test_a_refusal_burns_no_key(name: str) -> None:
    prepare_tenant()
    person = Person("ann")
    request, given = SAMPLES[name](person), key()
    if request.refused is None:
        _refused_by_time(person, request, given)
        return
    path, body = request.refused
    refused = person.send(request, given, body=body, path=path)
    is_problem(refused, 400, 403, 404, 409, 422, 429)
    answer = person.send(request, given)
    assert answer.status_code in (200, 201, 202), answer.content
    assert "Idempotency-Replayed" not in answer


def _refused_by_time(person: Person, request: Request, given: str) -> None:
    """Play money: the second reset within a minute is refused, and the same key does it later."""
    assert person.send(request, key()).status_code == 200
    before = digest()
    is_problem(person.send(request, given), 429)
    assert changed(before) == []
    with travel(timedelta(minutes=2)):
        answer = person.send(request, given)
    assert (answer.status_code, "Idempotency-Replayed" in answer) == (200, False)


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
