"""What must hold, recomputed from the rows. Apps register proofs and figures; each run keeps a signed report."""

import hmac
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from apps.core import outbox, seals
from apps.core.actors import Actor
from apps.core.clock import monotonic, now
from apps.core.context import PUBLIC, current_schema, in_schema
from apps.core.errors import Conflict, Defect
from apps.core.models import ProofReport
from apps.core.operation import operation
from apps.core.permissions import declare
from apps.core.tasks import all_schemas
from kernel.events.platform import ProofFailed

Proof = Callable[[], list[str]]
Figures = Callable[[], list[dict[str, Any]]]
PROVE = declare("core.prove", "Run the proofs of the books and keep the signed report")
MOST_FAULTS = 200
"""So many faults of one proof are kept in words; the number counts all."""
LOCK = 0x9F00
_tenant_proofs: dict[str, Proof] = {}
_tenant_figures: dict[str, Figures] = {}


class ProofRunning(Conflict):
    """One run at a time."""

    code = "core.proof_running"
    message = "A proof is running here already. Its report will be in the list when it is done."


def proves(name: str) -> Callable[[Proof], Proof]:
    """Register a proof that runs inside each tenant and returns its faults in words."""

    def register(function: Proof) -> Proof:
        if _tenant_proofs.get(name, function) is not function:
            raise Defect(f"Proof {name} is registered twice.")
        _tenant_proofs[name] = function
        return function

    return register


def faults_of(checks: Mapping[str, str], params: Mapping[str, Any] | None = None) -> list[str]:
    """Return the faults that queries find: `checks` is a fault in words → the query whose first column names those."""
    faults: list[str] = []
    with connection.cursor() as cursor:
        for words, query in checks.items():
            cursor.execute(query, params)
            faults += [words.format(row[0]) for row in cursor.fetchall()]
    return faults


def figures(name: str) -> Callable[[Figures], Figures]:
    """Register what a report of a tenant tells beside the faults: rows of plain values, amounts as text."""

    def register(function: Figures) -> Figures:
        if _tenant_figures.get(name, function) is not function:
            raise Defect(f"Figures {name} are registered twice.")
        _tenant_figures[name] = function
        return function

    return register


def prove_all() -> dict[str, dict[str, list[str]]]:
    """Return schema → proof → faults for public and every active tenant."""
    return {schema: prove(schema) for schema in all_schemas()}


def prove(schema: str) -> dict[str, list[str]]:
    """Return proof → faults of one schema."""
    with in_schema(schema):
        found = {"audit chain": _audit_chain(), "schema": _pending_migrations()}
        if schema != PUBLIC:
            found |= {name: proof() for name, proof in sorted(_tenant_proofs.items())}
    return found


@operation("core.prove_and_store", permission=PROVE)
def prove_and_store(*, actor: Actor, reason: str = "") -> ProofReport:
    """Run all proofs of this schema, keep the signed report; a red one publishes ProofFailed. Raises ProofRunning."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, hashtext(current_schema()))", [LOCK])
        if cursor.fetchone() != (True,):
            raise ProofRunning
    schema, ran_at, started = current_schema(), now(), monotonic()
    found = prove(schema)
    count = sum(map(len, found.values()))
    row = ProofReport(
        ran_at=ran_at,
        is_clean=count == 0,
        faults=count,
        report={
            "schema": schema,
            "proofs": {name: {"count": len(faults), "faults": faults[:MOST_FAULTS]} for name, faults in found.items()},
            "figures": {} if schema == PUBLIC else {name: rows() for name, rows in sorted(_tenant_figures.items())},
        },
        duration_ms=int((monotonic() - started) * 1000),
    )
    row.signature = _signature(row)
    row.save(force_insert=True)
    if count:
        outbox.publish(ProofFailed(report_id=row.pk, faults=count), actor=actor)
    return row


def is_signed(row: ProofReport) -> bool:
    """Return whether a report is, field by field, what was signed here when it was made."""
    return hmac.compare_digest(row.signature, _signature(row))


def newest_report() -> ProofReport | None:
    """Return the newest report of this schema, None before the first run."""
    return ProofReport.objects.order_by("-ran_at", "-id").first()


def has_report_since(moment: datetime) -> bool:
    """Return whether the proofs of this schema ran at or after a moment."""
    return ProofReport.objects.filter(ran_at__gte=moment).exists()


def count_unproven_days(days: int) -> int:
    """Return how many of the last whole `days` (UTC) have no clean report."""
    today = now().replace(hour=0, minute=0, second=0, microsecond=0)
    clean = ProofReport.objects.filter(is_clean=True, ran_at__gte=today - timedelta(days=days), ran_at__lt=today)
    return days - len({moment.date() for moment in clean.values_list("ran_at", flat=True)})


def _signature(row: ProofReport) -> str:
    facts = {
        "id": str(row.pk),
        "ran_at": row.ran_at.isoformat(),
        "is_clean": row.is_clean,
        "faults": row.faults,
        "duration_ms": row.duration_ms,
        "report": row.report,
    }
    message = json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()
    key = hmac.new(settings.MASTER_SECRET.encode(), b"proof-report", "sha256").digest()
    return hmac.new(key, message, "sha256").hexdigest()


def _audit_chain() -> list[str]:
    return [f"seal {fault.number}: {fault.problem}" for fault in seals.verify()]


def _pending_migrations() -> list[str]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name} is not applied" for migration, _ in plan]
