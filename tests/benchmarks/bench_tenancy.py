"""What a tenant costs: making one, and entering it."""

from collections.abc import Iterator

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from apps.core.benchmarks import Row, benchmark, wall_seconds
from apps.core.context import in_schema
from apps.core.schemas.build import drop_schema, replay, template_text
from tests.benchmarks.database import own_database


@benchmark("tenancy")
def run() -> Iterator[Row]:
    """Replay against walking the migrations, and against the limit of one second."""
    with own_database():
        template_text()
        made: list[str] = []

        def provision() -> None:
            made.append(f"t_bench{len(made)}")
            replay(made[-1])

        replaying = wall_seconds(provision)
        with in_schema("public"), connection.cursor() as cursor:
            cursor.execute("CREATE SCHEMA t_walked")
        walking = wall_seconds(walk, rounds=1)
        yield Row("tenancy", "make a tenant by replay", replaying, "s wall", "walking the migrations", walking)
        yield Row("tenancy", "make a tenant by replay", replaying, "s wall", "limit", 1.0)
        for schema in [*made, "t_walked"]:
            drop_schema(schema)


def walk() -> None:
    """Apply all migrations to a new schema."""
    with in_schema("t_walked"):
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())
