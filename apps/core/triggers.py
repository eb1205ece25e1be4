"""Database triggers that several models share. They hold whatever the Python above them does."""

from collections.abc import Iterable

import pgtrigger


def append_only(name: str) -> list[pgtrigger.Trigger]:
    """Return triggers that refuse UPDATE, DELETE and TRUNCATE of a table."""
    return [
        pgtrigger.Protect(name=f"{name}_no_change", operation=pgtrigger.Update | pgtrigger.Delete),
        no_truncate(name),
    ]


def no_truncate(name: str) -> pgtrigger.Trigger:
    """Return a trigger that refuses TRUNCATE."""
    return pgtrigger.Trigger(
        name=f"{name}_no_truncate",
        operation=pgtrigger.Truncate,
        when=pgtrigger.Before,
        level=pgtrigger.Statement,
        func=f"RAISE EXCEPTION '{name} is append-only';",
    )


def set_once(name: str, column: str) -> pgtrigger.Trigger:
    """Return a trigger that lets an UPDATE do one thing: fill `column` where it was empty."""
    return pgtrigger.Trigger(
        name=f"{name}_set_once",
        operation=pgtrigger.Update,
        when=pgtrigger.Before,
        func=f"""
            IF OLD.{column} IS NOT NULL OR NEW.{column} IS NULL
               OR (to_jsonb(NEW) - '{column}') IS DISTINCT FROM (to_jsonb(OLD) - '{column}') THEN
                RAISE EXCEPTION '{name} is append-only';
            END IF;
            RETURN NEW;
        """,
    )


def no_delete(name: str) -> pgtrigger.Trigger:
    """Return a trigger that refuses DELETE."""
    return pgtrigger.Protect(name=f"{name}_no_delete", operation=pgtrigger.Delete)


def state_machine(name: str, field: str, moves: Iterable[tuple[str, str]]) -> pgtrigger.Trigger:
    """Return a trigger that lets a state column change only along the given moves (from, to)."""
    return pgtrigger.FSM(name=f"{name}_moves", field=field, transitions=sorted(set(moves)))
