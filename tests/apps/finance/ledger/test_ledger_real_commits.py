"""What needs real commits: a report changed by the tables' owner, two runs at once, a file streamed in threads."""

import asyncio
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.test import AsyncClient

from apps.core.clock import freeze
from apps.core.context import in_schema
from apps.core.models import ProofReport
from apps.core.proofs import LOCK, ProofRunning, is_signed, prove_and_store
from apps.core.schemas.owner import as_owner
from apps.finance.ledger import exports
from apps.finance.ledger.exports import Export, ExportFormat, Wanted
from apps.platform.tenants.queries import get_tenant
from tests.apps.finance.ledger.ledger_ground import SYSTEM, at, deposit, person
from tests.apps.platform.identity import verified
from tests.factories.people import HOST, make_customer

pytestmark = pytest.mark.real_commit


class TenantAsyncClient(AsyncClient):
    """Django's client of an ASGI application, on tenant A's host."""

    def _base_scope(self, **request: Any) -> Any:
        scope = super()._base_scope(**request)  # type: ignore[misc]
        kept = [pair for pair in scope["headers"] if pair[0] != b"host"]
        return {**scope, "headers": [*kept, (b"host", HOST.encode())]}


def test_a_report_that_the_owner_of_the_tables_changed_shows_itself(real_db: Any) -> None:
    schema = get_tenant("alpha").schema
    with in_schema(schema):
        prove_and_store(actor=SYSTEM)
    with as_owner(), in_schema(schema), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE core_proofreport DISABLE TRIGGER USER")
        cursor.execute("UPDATE core_proofreport SET ran_at = ran_at + interval '1 day'")
    with in_schema(schema):
        report = ProofReport.objects.get()
        assert not is_signed(report)


def test_two_runs_at_once_are_one(real_db: Any) -> None:
    schema = get_tenant("alpha").schema
    owner = settings.OWNER_DATABASE
    with psycopg.connect(
        host=owner.host, port=owner.port, user=owner.user, password=owner.password,
        dbname=connection.settings_dict["NAME"],
    ) as other:  # fmt: skip
        other.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK, schema])
        with in_schema(schema), pytest.raises(ProofRunning):
            prove_and_store(actor=SYSTEM)
    with in_schema(schema):
        assert not ProofReport.objects.exists()
        prove_and_store(actor=SYSTEM)
        assert ProofReport.objects.count() == 1


def test_the_desk_streams_an_export_through_asgi(real_db: Any, monkeypatch: Any) -> None:
    """Each chunk is read in a worker thread, which enters the tenant anew."""
    monkeypatch.setattr(exports, "CHUNK", 1)
    schema, since, until = get_tenant("alpha").schema, at("2026-02-01"), at("2026-03-01")
    with in_schema(schema):
        user = make_customer("ann@example.test")
        with freeze(at("2026-02-10")):
            for number in range(5):
                deposit(user, "1.5", f"d{number}")
        browser = verified(person("finance"))
        made = Export(since=since, until=until, format=ExportFormat.BEANCOUNT, wanted=Wanted())
        expected = list(made.read())
    client = TenantAsyncClient()
    client.cookies = browser.cookies
    given = {"since": "2026-02-01", "until": "2026-02-28", "format": "beancount", "mode": "live"}

    async def ask() -> list[bytes]:
        answer: Any = await client.post("/admin/ledger/journal/export/", given)
        assert (answer.status_code, answer.streaming) == (200, True)
        return [chunk async for chunk in answer.streaming_content]

    chunks = asyncio.run(ask())
    assert len(chunks) == 1 + 5
    assert [chunk.decode() for chunk in chunks] == expected
