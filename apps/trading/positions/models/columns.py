"""Columns that the models here share."""

from typing import Any

from django.db import models


def amount_field(**more: Any) -> "models.DecimalField[Any, Any]":
    """Return a column for an amount: 38 digits, 18 of them after the point."""
    return models.DecimalField(max_digits=38, decimal_places=18, **more)
