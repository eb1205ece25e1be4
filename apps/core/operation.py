"""The one form of a write: keyword-only, one atomic block, a known actor, a permission, an audit row."""

import functools
import inspect
import logging
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from django.db import models, transaction

from apps.core import audit, permissions
from apps.core.actors import Actor
from apps.core.errors import Defect, DomainError
from apps.core.models import AuditOutcome

P = ParamSpec("P")
R = TypeVar("R")

logger = logging.getLogger("outcry.operation")
REGISTRY: dict[str, Callable[..., Any]] = {}


def operation(
    name: str, *, permission: str | None, audited: tuple[str, ...] = (), trail: bool = True
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function the operation `name` ("bots.start_bot").

    The function takes keyword arguments only, one of them `actor`. The permission is checked before it runs (None: the
    operation is open to anyone, as sign-up is). It runs in one atomic block with its audit row; `audited` names
    the arguments whose values go into the row (ids, states, amounts; never personal text or secrets). A refusal leaves
    a row of its own, after the roll-back. `trail=False` is for machine work whose facts are rows already (bot steps).
    """

    def make(function: Callable[P, R]) -> Callable[P, R]:
        _check_signature(name, function)

        @functools.wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            if args:
                raise Defect(f"{name} takes keyword arguments only.")
            actor: Any = kwargs["actor"]
            facts = {key: _plain(kwargs[key]) for key in audited if key in kwargs}
            reason = str(kwargs.get("reason", ""))
            try:
                if permission is not None:
                    permissions.require(actor, permission)
                with transaction.atomic():
                    result = function(*args, **kwargs)
                    if trail:
                        subject = result if isinstance(result, models.Model) else None
                        audit.record(actor=actor, operation=name, subject=subject, reason=reason, data=facts)
                    return result
            except DomainError as refusal:
                if trail:
                    _leave_refusal(actor, name, refusal, facts, reason)
                raise

        REGISTRY[name] = run
        return run

    return make


def _check_signature(name: str, function: Callable[..., Any]) -> None:
    parameters = inspect.signature(function).parameters.values()
    if "actor" not in {item.name for item in parameters}:
        raise Defect(f"{name} has no actor.")
    if any(item.kind is not inspect.Parameter.KEYWORD_ONLY for item in parameters):
        raise Defect(f"{name} must take keyword arguments only.")


def _leave_refusal(actor: Actor, name: str, refusal: DomainError, facts: dict[str, Any], reason: str) -> None:
    connection = transaction.get_connection()
    if connection.in_atomic_block and connection.needs_rollback:
        logger.info("refused inside a broken transaction", extra={"operation": name, "code": refusal.code})
        return
    audit.record(
        actor=actor, operation=name, outcome=AuditOutcome.REFUSED, error_code=refusal.code, reason=reason, data=facts
    )


def _plain(value: Any) -> Any:
    if isinstance(value, models.Model):
        return str(value.pk)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return str(value)
