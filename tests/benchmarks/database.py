"""A database of its own for a benchmark, so that nobody's rows are touched."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, connections
from psycopg import sql

from apps.core.schemas.build import build_public
from apps.core.schemas.owner import as_owner
from tests.conftest import drop_database, maintenance, use_database


@contextmanager
def own_database() -> Iterator[None]:
    """Run the block connected as owner to a new database with public's tables; drop it afterwards."""
    name, before = f"bench_{os.getpid()}", connection.settings_dict["NAME"]
    with maintenance() as opened:
        opened.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    use_database(name)
    try:
        with as_owner():
            build_public()
            yield
    finally:
        use_database(before)
        connections.close_all()
        with maintenance() as opened:
            drop_database(opened, name)
