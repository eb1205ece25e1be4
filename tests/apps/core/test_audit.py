"""The audit trail: written by operations, refused to everyone who would change it, and any change is found."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.utils import DatabaseError, ProgrammingError

from apps.core import audit, seals
from apps.core.actors import Actor
from apps.core.context import in_schema
from apps.core.errors import Invalid
from apps.core.models import AuditEvent, AuditOutcome, AuditSeal
from apps.core.operation import operation
from apps.core.schemas.owner import as_owner

SYSTEM = Actor.system("tests")


@operation("tests.greet", permission=None, audited=("name",))
def greet(*, actor: Actor, name: str, reason: str = "") -> str:
    if name == "nobody":
        raise Invalid(field="name")
    return f"hello {name}"


@pytest.mark.django_db
def test_an_operation_leaves_a_row_and_a_refusal_too() -> None:
    greet(actor=SYSTEM, name="ann", reason="morning")
    with pytest.raises(Invalid):
        greet(actor=SYSTEM, name="nobody")
    done, refused = AuditEvent.objects.order_by("id")
    assert (done.operation, done.outcome, done.data, done.reason) == ("tests.greet", "done", {"name": "ann"}, "morning")
    assert (refused.outcome, refused.error_code) == (AuditOutcome.REFUSED, "core.invalid")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE core_auditevent SET reason = 'x'",
        "DELETE FROM core_auditevent",
        "TRUNCATE core_auditevent CASCADE",
        "UPDATE core_auditseal SET hash = 'x'",
        "DELETE FROM core_auditseal",
    ],
)
def test_the_application_role_cannot_change_the_trail(statement: str) -> None:
    audit.record(actor=SYSTEM, operation="tests.x")
    seals.seal_pending()
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert AuditEvent.objects.count() == 1


@pytest.mark.django_db
def test_sealing_marks_rows_once_and_leaves_a_clean_chain() -> None:
    for number in range(3):
        audit.record(actor=SYSTEM, operation=f"tests.{number}")
    first = seals.seal_pending()
    assert first is not None
    assert (first.number, first.row_count, first.previous_hash) == (1, 3, seals.GENESIS)
    assert seals.seal_pending() is None
    audit.record(actor=SYSTEM, operation="tests.later")
    second = seals.seal_pending()
    assert second is not None
    assert second.previous_hash == first.hash
    assert seals.verify() == []
    with pytest.raises(DatabaseError), transaction.atomic():
        AuditEvent.objects.update(seal=first)


TAMPERINGS = {
    "edit": "UPDATE core_auditevent SET reason = 'nothing happened' WHERE id = (SELECT min(id) FROM core_auditevent)",
    "delete": "DELETE FROM core_auditevent WHERE id = (SELECT min(id) FROM core_auditevent)",
    "swap": 'UPDATE core_auditevent SET data = \'{"amount": "1"}\' WHERE id = (SELECT max(id) FROM core_auditevent)',
    "cut the tail": (
        "DELETE FROM core_auditevent WHERE seal_id = (SELECT id FROM core_auditseal ORDER BY number DESC LIMIT 1);"
        " DELETE FROM core_auditseal WHERE number = (SELECT max(number) FROM core_auditseal)"
    ),
    "drop a middle seal": (
        "UPDATE core_auditevent SET seal_id = (SELECT id FROM core_auditseal WHERE number = 3)"
        " WHERE seal_id = (SELECT id FROM core_auditseal WHERE number = 2);"
        " DELETE FROM core_auditseal WHERE number = 2"
    ),
}


@pytest.mark.real_commit
@pytest.mark.parametrize("name", TAMPERINGS)
def test_even_the_owner_of_the_database_cannot_change_it_unseen(
    name: str, real_db: dict[str, str], tmp_path: Path, settings: Any
) -> None:
    from apps.platform.tenants.queries import get_tenant

    settings.STATE_DIR = tmp_path
    schema = get_tenant("alpha").schema
    with in_schema(schema):
        for number in range(3):
            audit.record(actor=SYSTEM, operation=f"tests.{number}", data={"amount": "100"})
            assert seals.seal_pending() is not None
        seals.anchor()
        assert seals.verify() == []
    with as_owner(), in_schema(schema), connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE core_auditevent DISABLE TRIGGER USER; ALTER TABLE core_auditseal DISABLE TRIGGER USER"
        )
        cursor.execute(TAMPERINGS[name])
    with in_schema(schema):
        assert seals.verify() != []


def test_the_anchor_file_is_outside_the_database() -> None:
    assert seals._anchor_path() == Path(settings.STATE_DIR) / "anchors.log"


@pytest.mark.django_db
def test_a_seal_belongs_to_its_schema(tenant_b: Any) -> None:
    audit.record(actor=SYSTEM, operation="tests.here")
    seals.seal_pending()
    with in_schema(tenant_b.schema):
        assert not AuditSeal.objects.filter(row_count=1, number=1, events__operation="tests.here").exists()
