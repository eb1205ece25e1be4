"""The text of a schema: DDL of all models that belong there, their triggers, and the first rows."""

import hashlib
from pathlib import Path
from typing import Any

import pgtrigger
from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.contenttypes.management import create_contenttypes
from django.db import connection, models, router
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from psycopg import sql

from apps.core.assets import seed_assets
from apps.core.context import PUBLIC, in_schema
from apps.core.models import SchemaTemplate
from apps.core.schemas.functions import functions_here
from apps.core.schemas.grants import apply_grants
from apps.core.schemas.owner import checked_schema_name

TEMPLATE = "zz_template"
FIRST_ROWS = ("django_content_type", "auth_permission", "django_migrations")


def migration_set_hash() -> str:
    """Return a hash of all migrations on disk and of the library versions' migration names."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    digest = hashlib.sha256()
    for (app, name), migration in sorted(loader.disk_migrations.items()):
        digest.update(f"{app}.{name}\n".encode())
        if type(migration).__module__.startswith("apps."):
            path = Path(apps.get_app_config(app).path) / "migrations" / f"{name}.py"
            digest.update(path.read_bytes())
    return digest.hexdigest()


def collect_ddl() -> str:
    """Return the DDL of all tables, triggers and functions of the schema this connection stands in, unqualified."""
    with connection.schema_editor(collect_sql=True, atomic=False) as editor:
        editor.create_model(MigrationRecorder.Migration)
        for model in models_here():
            editor.create_model(model)
    statements = list(editor.collected_sql)
    registered: Any = pgtrigger.registered()
    for model, trigger in registered:
        if trigger.allow_migrate(model):
            statements.append(str(trigger.compile(model).install_sql))
    statements += functions_here()
    return "\n".join(text.strip().rstrip(";") + ";" for text in statements if text.strip())


def models_here() -> list[type[models.Model]]:
    """Return the models whose tables belong to the schema this connection stands in."""
    return [
        model
        for app in apps.get_app_configs()
        for model in router.get_migratable_models(app, connection.alias, include_auto_created=False)
        if model._meta.can_migrate(connection)
    ]


def build_public() -> bool:
    """Make the tables of public from models, unless they are there; return whether they were made."""
    with in_schema(PUBLIC):
        if MigrationRecorder(connection).has_table():
            return False
        with connection.cursor() as cursor:
            cursor.execute(collect_ddl())
        _first_rows()
        seed_assets()
    apply_grants(PUBLIC)
    return True


def template_text() -> str:
    """Return the text that makes a tenant schema, from public; made and stored once per set of migrations."""
    wanted = migration_set_hash()
    with in_schema(PUBLIC):
        stored = SchemaTemplate.objects.filter(hash=wanted).first()
    if stored is not None:
        return stored.sql
    text = _make_template()
    with in_schema(PUBLIC):
        SchemaTemplate.objects.get_or_create(hash=wanted, defaults={"sql": text})
    return text


def _make_template() -> str:
    drop_schema(TEMPLATE)
    with in_schema(TEMPLATE):
        ddl = collect_ddl()
        _create_and_run(TEMPLATE, ddl)
        _first_rows()
        rows = [_insert_text(table) for table in FIRST_ROWS]
    apply_grants(TEMPLATE)
    return "\n".join([ddl, *rows])


def replay(schema: str) -> None:
    """Make a tenant schema from the template's text, in one transaction, with the grants of the application role."""
    checked_schema_name(schema)
    text = template_text()
    with in_schema(schema):
        _create_and_run(schema, text)
    apply_grants(schema)


def drop_schema(schema: str) -> None:
    """Drop a schema with all it holds."""
    name = sql.Identifier(checked_schema_name(schema)).as_string(None)
    with in_schema(PUBLIC), connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {name} CASCADE")


def _create_and_run(schema: str, text: str) -> None:
    name = sql.Identifier(checked_schema_name(schema)).as_string(None)
    with connection.cursor() as cursor:
        cursor.execute(f"BEGIN; CREATE SCHEMA {name};\n{text}\nCOMMIT;")


def _first_rows() -> None:
    """Content types, permissions and the names of all migrations: what a migrated schema would have."""
    for app in apps.get_app_configs():
        create_contenttypes(app, verbosity=0)
        create_permissions(app, verbosity=0)
    recorder = MigrationRecorder(connection)
    applied = recorder.applied_migrations()
    for app_label, name in MigrationLoader(None, ignore_no_migrations=True).graph.nodes:
        if (app_label, name) not in applied:
            recorder.record_applied(app_label, name)


def _insert_text(table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} ORDER BY id")  # noqa: S608 - our own constant
        columns = [column.name for column in cursor.description]
        rows = cursor.fetchall()
        values = ",\n".join("(" + ", ".join(sql.Literal(cell).as_string(None) for cell in row) + ")" for row in rows)
    names = ", ".join(columns)
    return (
        f"INSERT INTO {table} ({names}) VALUES\n{values};\n"
        f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {max(row[0] for row in rows)});"
    )
