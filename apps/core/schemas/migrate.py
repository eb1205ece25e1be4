"""Migrating all schemas: the SQL is captured once and replayed in each schema, in its own transaction."""

import logging
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.migrations import Migration, RunPython
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.db.transaction import atomic
from psycopg import sql

from apps.core.context import PUBLIC, in_schema
from apps.core.schemas.build import TEMPLATE, drop_schema
from apps.core.schemas.grants import apply_grants

logger = logging.getLogger("outcry.migrate")
LOCK_TIMEOUT = "5s"


@dataclass(frozen=True)
class Step:
    """A migration, and its SQL when it can be replayed as text (None: it has to be run)."""

    migration: Migration
    statements: tuple[str, ...] | None

    @property
    def key(self) -> tuple[str, str]:
        """Return (app, name)."""
        return self.migration.app_label, self.migration.name


def migrate_all() -> dict[str, int]:
    """Bring public and every tenant schema to the newest migrations; return how many were applied in each.

    The first tenant is the canary: when it fails nothing else is touched. A run that died goes on where it stopped,
    because each schema records its own migrations in the transaction that applied them.
    """
    applied = {PUBLIC: _migrate(PUBLIC, {})}
    cache: dict[tuple[str, str], Step] = {}
    for schema in _tenant_schemas():
        applied[schema] = _migrate(schema, cache)
    if any(applied.values()):
        drop_schema(TEMPLATE)
    return applied


def _tenant_schemas() -> list[str]:
    with in_schema(PUBLIC), connection.cursor() as cursor:
        cursor.execute("SELECT schema_name FROM tenants_tenant WHERE status <> 'provisioning' ORDER BY created_at")
        return [row[0] for row in cursor.fetchall()]


def _migrate(schema: str, cache: dict[tuple[str, str], Step]) -> int:
    with in_schema(schema):
        executor: Any = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if not plan:
            return 0
        state = executor._create_project_state(with_applied_migrations=True)
        for migration, _backwards in plan:
            key = (migration.app_label, migration.name)
            before = state.clone()
            if key not in cache:
                cache[key] = _captured(migration, before)
            _apply(cache[key], before)
            state = migration.mutate_state(state, preserve=False)
        logger.info("migrated", extra={"schema": schema, "migrations": len(plan)})
    apply_grants(schema)
    return len(plan)


def _captured(migration: Migration, state: Any) -> Step:
    if any(isinstance(operation, RunPython) for operation in migration.operations):
        return Step(migration, None)
    with connection.schema_editor(collect_sql=True, atomic=False) as editor:
        migration.apply(state.clone(), editor, collect_sql=True)
    statements = tuple(text for text in editor.collected_sql if text.strip() and not text.startswith("--"))
    return Step(migration, statements)


def _apply(step: Step, state: Any) -> None:
    with atomic():
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(LOCK_TIMEOUT)).as_string(None))
        if step.statements is None:
            with connection.schema_editor(atomic=False) as editor:
                step.migration.apply(state.clone(), editor)
        elif step.statements:
            with connection.cursor() as cursor:
                cursor.execute("\n".join(step.statements))
        MigrationRecorder(connection).record_applied(*step.key)
