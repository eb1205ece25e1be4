"""Four eyes: never the maker, never twice, never after an edit; the last yes runs the action."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.utils import DatabaseError, IntegrityError

from apps.core import approvals
from apps.core.actors import Actor, ActorKind
from apps.core.clock import now, travel
from apps.core.ids import uuid7
from apps.core.models import Approval, ApprovalState, ApprovalVote, AuditEvent
from apps.core.permissions import declare

GRANTED = declare("tests.check", "Used by these tests")
done: list[dict[str, Any]] = []


@approvals.approvable("tests.act", permission=GRANTED, title="Act")
def act(_actor: Actor, payload: dict[str, Any]) -> None:
    done.append(payload)


def person() -> Actor:
    return Actor(ActorKind.STAFF, uuid7(), "staff", scopes=None)


@pytest.fixture(autouse=True)
def _everyone_may(monkeypatch: pytest.MonkeyPatch) -> None:
    done.clear()

    class Everyone:
        def allows(self, actor: Actor, permission: str) -> bool:
            return permission == GRANTED

    monkeypatch.setattr("apps.core.permissions._registered", [Everyone()])


def ask(maker: Actor, required: int = 1) -> Approval:
    return approvals.request_approval(
        actor=maker, action="tests.act", payload={"amount": "5"}, reason="because", required=required
    )


@pytest.mark.django_db
def test_another_person_approves_and_the_action_runs_once() -> None:
    approval = ask(person())
    decided = approvals.decide(actor=person(), approval_id=approval.pk, agrees=True)
    assert decided.state == ApprovalState.EXECUTED
    assert done == [{"amount": "5"}]
    with pytest.raises(approvals.ApprovalClosed):
        approvals.decide(actor=person(), approval_id=approval.pk, agrees=True)
    assert len(done) == 1
    assert AuditEvent.objects.filter(operation="core.approve", object_id=str(approval.pk)).count() == 1


@pytest.mark.django_db
def test_the_maker_cannot_check_in_python_or_in_the_database() -> None:
    maker = person()
    approval = ask(maker)
    with pytest.raises(approvals.MakerCannotCheck):
        approvals.decide(actor=maker, approval_id=approval.pk, agrees=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        ApprovalVote.objects.create(approval=approval, checker_id=approval.maker_id, agrees=True)
    assert done == []
    assert not approval.votes.exists()


@pytest.mark.django_db
def test_two_checkers_are_two_people() -> None:
    approval = ask(person(), required=2)
    first = person()
    approvals.decide(actor=first, approval_id=approval.pk, agrees=True)
    with pytest.raises(approvals.AlreadyVoted):
        approvals.decide(actor=first, approval_id=approval.pk, agrees=True)
    assert done == []
    approvals.decide(actor=person(), approval_id=approval.pk, agrees=True)
    assert done == [{"amount": "5"}]


@pytest.mark.django_db
def test_one_no_rejects() -> None:
    approval = ask(person())
    assert approvals.decide(actor=person(), approval_id=approval.pk, agrees=False).state == ApprovalState.REJECTED
    assert done == []


@pytest.mark.django_db
def test_the_payload_cannot_be_edited() -> None:
    approval = ask(person())
    with pytest.raises(DatabaseError), transaction.atomic():
        Approval.objects.filter(pk=approval.pk).update(payload={"amount": "5000"})
    approval.refresh_from_db()
    assert approval.payload == {"amount": "5"}


@pytest.mark.django_db
def test_an_old_request_expires() -> None:
    approval = ask(person())
    with travel(approvals.LIFETIME + timedelta(seconds=1)):
        with pytest.raises(approvals.ApprovalClosed):
            approvals.decide(actor=person(), approval_id=approval.pk, agrees=True)
        assert approvals.expire_overdue() == 1
    approval.refresh_from_db()
    assert (approval.state, done) == (ApprovalState.EXPIRED, [])
    assert approval.expires_at > now()
