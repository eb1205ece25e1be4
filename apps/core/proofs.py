"""What must hold, recomputed from the rows. Apps register proofs; nightly run and command read the same answers."""

from collections.abc import Callable

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from apps.core import seals
from apps.core.context import PUBLIC, in_schema
from apps.core.errors import Defect
from apps.core.tasks import all_schemas

Proof = Callable[[], list[str]]
_tenant_proofs: dict[str, Proof] = {}


def proves(name: str) -> Callable[[Proof], Proof]:
    """Register a proof that runs inside each tenant and returns its faults in words."""

    def register(function: Proof) -> Proof:
        if _tenant_proofs.get(name, function) is not function:
            raise Defect(f"Proof {name} is registered twice.")
        _tenant_proofs[name] = function
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


def _audit_chain() -> list[str]:
    return [f"seal {fault.number}: {fault.problem}" for fault in seals.verify()]


def _pending_migrations() -> list[str]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name} is not applied" for migration, _ in plan]
