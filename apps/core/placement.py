"""Where a table lives and what kind of data a field holds: two facts that each model states."""

from enum import StrEnum


class Placement(StrEnum):
    """In which schemas the table of a model exists."""

    PUBLIC = "public"
    """Once, in the public schema: facts shared by all tenants and the platform's own records."""
    TENANT = "tenant"
    """In each tenant's schema, never in public."""
    BOTH = "both"
    """In public (for the platform's staff) and in each tenant's schema."""


class DataCategory(StrEnum):
    """What kind of data a field holds; retention, export and erasure go by it."""

    PUBLIC_FACT = "public_fact"
    """Published by a venue or by us: prices, instruments, plans."""
    OPERATIONAL = "operational"
    """How the product runs: states, times, counters, references."""
    FINANCIAL = "financial"
    """Amounts, orders, fills, fees: kept for as long as the law asks."""
    CONTENT = "content"
    """Text and settings that a person wrote: names of strategies, notes."""
    IDENTIFIER = "identifier"
    """Names a person directly: e-mail."""
    PERSONAL = "personal"
    """About a person: address of the client, device, sealed profile fields."""
    SECRET = "secret"  # noqa: S105 - the name of a category
    """Hashes and sealed keys; never exported, never shown."""
    EVIDENCE = "evidence"
    """Audit rows and seals: append-only, outlive the person's account."""
