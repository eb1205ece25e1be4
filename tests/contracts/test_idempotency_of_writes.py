"""Every write of money or orders: no key, no effect; one key, one effect and the same bytes; nobody else's key."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from apps.core.clock import travel
from apps.core.context import in_schema
from tests.contracts.digests import changed, digest
from tests.contracts.money_ground import Person, Request, money_writes
from tests.contracts.samples import SAMPLES

PROBLEM = "application/problem+json"


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
def test_no_key_is_no_effect_and_one_key_is_one_effect_and_the_same_bytes(name: str, ann: Person) -> None:
    request, given = SAMPLES[name](ann), key()
    before = digest()
    for wrong in (None, "", "k" * 256, "schlüssel"):
        answer = ann._send(request, wrong, None, "")
        assert is_problem(answer, 400, 422) == "core.idempotency_key_missing"
    assert changed(before) == []
    first = ann.send(request, given)
    assert first.status_code in (200, 201, 202), first.content
    assert set(changed(before)) - {"core_idempotencyrecord", "security_stepupgrant"} != set()
    done = digest()
    for _ in range(2):
        again = ann._send(request, given, None, "")
        assert (again.status_code, again.content) == (first.status_code, first.content)
        assert again["Idempotency-Replayed"] == "true"
    other = ann._send(request, given, request.other, "")
    assert is_problem(other, 409) == "core.idempotency_key_reused"
    assert changed(done) == []


@pytest.mark.django_db
@pytest.mark.parametrize("name", SAMPLES)
def test_the_same_key_of_another_person_and_of_another_tenant_never_hits(
    name: str, ann: Person, bob: Person, far_ann: Person, tenant_b: Any
) -> None:
    given, bodies = key(), []
    for person in (ann, bob):
        bodies.append(_fresh(person, SAMPLES[name](person), given))
    with in_schema(tenant_b.schema):
        bodies.append(_fresh(far_ann, SAMPLES[name](far_ann), given))
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
def test_a_refusal_burns_no_key(name: str, ann: Person) -> None:
    request, given = SAMPLES[name](ann), key()
    if request.refused is None:
        _refused_by_time(ann, request, given)
        return
    path, body = request.refused
    refused = ann.send(request, given, body=body, path=path)
    is_problem(refused, 400, 403, 404, 409, 422, 429)
    answer = ann.send(request, given)
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
