"""Triggers that no setting switches off, for tables of money and evidence.

pgtrigger's own triggers ask first whether the session's setting `pgtrigger.ignore` names them, and any role may set
that. These do not ask. They are also cheaper: asking costs a sub-transaction for each row, and here the cases that need
no refusal end in the trigger's WHEN clause, without a call.
"""

from collections.abc import Iterable

import pgtrigger
from django.db import models
from pgtrigger import compiler


class GuardSql(compiler.UpsertTriggerSql):
    """The DDL of a guard. Migrations refer to this path and to these words: keep both."""

    def get_template(self) -> str:
        """Return pgtrigger's template without its question."""
        return """
            CREATE OR REPLACE FUNCTION {pgid}()
            RETURNS TRIGGER AS $$
                {declare}
                BEGIN
                    {func}
                END;
            $$ LANGUAGE plpgsql;

            DROP TRIGGER IF EXISTS {pgid} ON {table};
            CREATE {constraint} TRIGGER {pgid}
                {when} {operation} ON {table}
                {timing}
                {referencing}
                FOR EACH {level} {condition}
                EXECUTE PROCEDURE {execute};

            COMMENT ON TRIGGER {pgid} ON {table} IS '{hash}';
        """


class Guard(pgtrigger.Trigger):
    """A trigger of ours: `func` runs whenever the condition holds."""

    def compile(self, model: models.Model) -> compiler.Trigger:
        """Return the compiled trigger with our DDL."""
        made = super().compile(model)
        return compiler.Trigger(name=made.name, sql=GuardSql(**made.sql.kwargs))


def refuse(
    name: str,
    words: str,
    *,
    operation: pgtrigger.Operation,
    when: str | None = None,
    level: pgtrigger.Level = pgtrigger.Row,
) -> Guard:
    """Return a guard that refuses an operation with `words` (no quotes in them), if the SQL condition `when` holds."""
    return Guard(
        name=name,
        operation=operation,
        when=pgtrigger.Before,
        level=level,
        condition=None if when is None else pgtrigger.Condition(when),
        func=f"RAISE EXCEPTION '{words}' USING ERRCODE = 'check_violation';",
    )


def append_only(name: str) -> list[pgtrigger.Trigger]:
    """Return guards that refuse UPDATE, DELETE and TRUNCATE of a table."""
    change = pgtrigger.Update | pgtrigger.Delete
    return [refuse(f"{name}_no_change", f"{name} is append-only", operation=change), no_truncate(name)]


def no_truncate(name: str) -> Guard:
    """Return a guard that refuses TRUNCATE."""
    words = f"{name} is append-only"
    return refuse(f"{name}_no_truncate", words, operation=pgtrigger.Truncate, level=pgtrigger.Statement)


def no_delete(name: str) -> Guard:
    """Return a guard that refuses DELETE."""
    return refuse(f"{name}_no_delete", f"Cannot delete rows of {name}", operation=pgtrigger.Delete)


def set_once(name: str, column: str) -> Guard:
    """Return a guard that lets an UPDATE do one thing: fill `column` where it was empty."""
    return refuse(
        f"{name}_set_once",
        f"{name} is append-only",
        operation=pgtrigger.Update,
        when=f"OLD.{column} IS NOT NULL OR NEW.{column} IS NULL"
        f" OR (to_jsonb(NEW) - '{column}') IS DISTINCT FROM (to_jsonb(OLD) - '{column}')",
    )


def state_machine(name: str, field: str, moves: Iterable[tuple[str, str]]) -> Guard:
    """Return a guard that lets a state column change only along the given moves (from, to)."""
    allowed = ", ".join(f"('{old}', '{new}')" for old, new in sorted(set(moves)))
    return refuse(
        f"{name}_moves",
        f"{name} has no such move",
        operation=pgtrigger.Update,
        when=f"OLD.{field} IS DISTINCT FROM NEW.{field} AND (OLD.{field}, NEW.{field}) NOT IN ({allowed})",
    )
