"""Schemas: a replayed tenant equals a migrated one, has the grants, is made in a moment, and migrates by replay."""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, models
from django.db.migrations import AddField, Migration
from django.db.migrations.executor import MigrationExecutor

from apps.core.actors import Actor
from apps.core.context import PUBLIC, in_schema
from apps.core.schemas import grants
from apps.core.schemas.build import drop_schema, replay
from apps.core.schemas.migrate import _apply, _captured
from apps.core.schemas.owner import BadSchemaName, as_owner, checked_schema_name
from apps.platform.tenants.choices import TenantStatus
from apps.platform.tenants.errors import SlugNotUsable
from apps.platform.tenants.models import Tenant
from apps.platform.tenants.operations import provision_tenant
from apps.platform.tenants.queries import get_tenant

CATALOGUE = {
    "columns": """SELECT table_name, column_name, data_type, is_nullable, coalesce(character_maximum_length, 0)
                  FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY 1, 2""",
    "constraints": """SELECT r.relname, c.contype::text, pg_get_constraintdef(c.oid) FROM pg_constraint c
                      JOIN pg_class r ON r.oid = c.conrelid JOIN pg_namespace n ON n.oid = c.connamespace
                      WHERE n.nspname = current_schema() ORDER BY 1, 2, 3""",
    "indexes": """SELECT tablename, regexp_replace(indexdef, '(INDEX|ON) \\S+', '', 'g') FROM pg_indexes
                  WHERE schemaname = current_schema() ORDER BY 1, 2""",
    "triggers": """SELECT r.relname, t.tgname, t.tgtype FROM pg_trigger t JOIN pg_class r ON r.oid = t.tgrelid
                   JOIN pg_namespace n ON n.oid = r.relnamespace
                   WHERE n.nspname = current_schema() AND NOT t.tgisinternal ORDER BY 1, 2""",
    "functions": """SELECT p.proname, md5(p.prosrc), p.prosecdef,
                   regexp_replace(p.proconfig::text, 'search_path=\\w+', '') FROM pg_proc p
                   JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = current_schema()
                   AND p.proname NOT LIKE 'pgtrigger%' ORDER BY 1""",
}


LIBRARY_QUIRK = ("auth_group_permissions", "id")
"""Django gives this through table's key another width in a migration than in a model."""


def without(rows: list[Any]) -> list[Any]:
    return [row for row in rows if row[:2] != LIBRARY_QUIRK]


def catalogue(schema: str) -> dict[str, list[Any]]:
    with in_schema(schema), connection.cursor() as cursor:
        found = {}
        for name, query in CATALOGUE.items():
            cursor.execute(query)
            found[name] = [tuple(str(cell).replace(f"{schema}.", "") for cell in row) for row in cursor.fetchall()]
        return found


@pytest.mark.real_commit
def test_a_replayed_schema_equals_a_migrated_one(real_db: dict[str, str]) -> None:
    with as_owner():
        replay("t_replayed")
        with in_schema(PUBLIC), connection.cursor() as cursor:
            cursor.execute("CREATE SCHEMA t_migrated")
        with in_schema("t_migrated"):
            executor = MigrationExecutor(connection)
            executor.migrate(executor.loader.graph.leaf_nodes())
        replayed, migrated = catalogue("t_replayed"), catalogue("t_migrated")
    for part in CATALOGUE:
        assert without(replayed[part]) == without(migrated[part]), part


@pytest.mark.django_db
def test_migrations_are_complete() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.real_commit
def test_provisioning_is_resumable_and_leaves_the_application_role_its_grants(real_db: dict[str, str]) -> None:
    tenant = provision_tenant(
        actor=Actor.system("tests"), slug="gamma", name="Gamma", email="g@example.test", base_host="localhost"
    )
    with as_owner(), in_schema(PUBLIC), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tenants_tenant DISABLE TRIGGER USER")
        Tenant.objects.filter(pk=tenant.pk).update(status=TenantStatus.PROVISIONING)
        cursor.execute("ALTER TABLE tenants_tenant ENABLE TRIGGER USER")
        drop_schema(tenant.schema_name)
    again = provision_tenant(
        actor=Actor.system("tests"), slug="gamma", name="Gamma", email="g@example.test", base_host="localhost"
    )
    assert (again.pk, again.status) == (tenant.pk, TenantStatus.ACTIVE)
    with in_schema(tenant.schema_name), connection.cursor() as cursor:
        cursor.execute("SELECT current_user, has_schema_privilege(current_schema(), 'CREATE')")
        assert cursor.fetchone() == ("outcry_app", False)
        for table in grants.append_only_tables():
            cursor.execute(
                "SELECT has_table_privilege(c.oid, 'INSERT'), has_table_privilege(c.oid, 'DELETE'),"
                " has_table_privilege(c.oid, 'UPDATE'), has_table_privilege(c.oid, 'TRUNCATE')"
                " FROM pg_class c WHERE c.oid = to_regclass(%s)",
                [table],
            )
            may_insert = table not in grants.READ_ONLY
            assert cursor.fetchone() in ((may_insert, False, False, False), None), table


@pytest.mark.real_commit
@pytest.mark.parametrize("slug", ["public", "admin", "a", "x'; DROP", "Ünïcode", "-lead", "trail-"])
def test_a_bad_slug_makes_nothing(slug: str, real_db: dict[str, str]) -> None:
    with pytest.raises(SlugNotUsable):
        provision_tenant(
            actor=Actor.system("tests"), slug=slug, name="x", email="x@example.test", base_host="localhost"
        )
    with in_schema(PUBLIC):
        assert not Tenant.objects.exclude(slug__in=["alpha", "beta"]).exists()


@pytest.mark.parametrize("name", ["public", "pg_temp", "information_schema", "t;drop", "T_upper", "", "x" * 42])
def test_schema_names_are_ours(name: str) -> None:
    with pytest.raises(BadSchemaName):
        checked_schema_name(name)


@pytest.mark.real_commit
def test_a_migration_is_captured_once_and_replayed_in_each_schema(real_db: dict[str, str]) -> None:
    class AddNote(Migration):
        operations = [AddField("user", "note", models.CharField(max_length=5, default="", db_default="-"))]

    migration = AddNote("0002_note", "users")
    schemas = [get_tenant("alpha").schema, get_tenant("beta").schema]
    with as_owner():
        with in_schema(schemas[0]):
            state = MigrationExecutor(connection).loader.project_state()
            step = _captured(migration, state)
        assert step.statements
        for schema in schemas:
            with in_schema(schema):
                _apply(step, state)
        for schema in schemas:
            with in_schema(schema), connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM information_schema.columns WHERE table_schema = %s"
                               " AND table_name = 'users_user' AND column_name = 'note'", [schema])  # fmt: skip
                assert cursor.fetchone() == (1,)
                cursor.execute("SELECT count(*) FROM django_migrations WHERE name = '0002_note'")
                assert cursor.fetchone() == (1,)
        with in_schema(PUBLIC), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM django_migrations WHERE name = '0002_note'")
            assert cursor.fetchone() == (0,)
