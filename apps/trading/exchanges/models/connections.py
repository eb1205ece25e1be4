"""Venues (public), and what belongs to a customer: connections and the balances last seen on them."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory, Placement
from apps.core.sealing import Ring, SealedField
from apps.core.triggers import append_only, no_delete
from apps.trading.exchanges.choices import CONNECTION_STATES, ConnectionState, KeyEvent, Mode


class Venue(BaseModel):
    """An exchange that can be traded on. Its address comes from the settings of the process, never from the row."""

    placement = Placement.PUBLIC
    data_categories: ClassVar = {
        "code": DataCategory.PUBLIC_FACT,
        "title": DataCategory.PUBLIC_FACT,
        "ccxt_id": DataCategory.PUBLIC_FACT,
        "mode": DataCategory.PUBLIC_FACT,
    }

    code = models.CharField(max_length=32, unique=True)
    title = models.CharField(max_length=60)
    ccxt_id = models.CharField(max_length=32)
    mode = models.CharField(max_length=8, choices=Mode.choices)

    def __str__(self) -> str:
        return self.title


class Connection(BaseModel):
    """A customer's account at a venue. The key is sealed: only trading workers and account streams can open it."""

    data_categories: ClassVar = {
        "owner": DataCategory.OPERATIONAL,
        "venue": DataCategory.OPERATIONAL,
        "label": DataCategory.CONTENT,
        "mode": DataCategory.OPERATIONAL,
        "state": DataCategory.OPERATIONAL,
        "api_key": DataCategory.SECRET,
        "api_secret": DataCategory.SECRET,
        "key_hint": DataCategory.OPERATIONAL,
        "last_checked_at": DataCategory.OPERATIONAL,
        "last_error": DataCategory.OPERATIONAL,
        "passphrase": DataCategory.SECRET,
        "next_key": DataCategory.SECRET,
        "next_secret": DataCategory.SECRET,
        "next_passphrase": DataCategory.SECRET,
        "key_digest": DataCategory.SECRET,
        "can_trade": DataCategory.OPERATIONAL,
        "is_ip_bound": DataCategory.OPERATIONAL,
        "problem": DataCategory.OPERATIONAL,
        "key_since": DataCategory.OPERATIONAL,
    }

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="+")
    label = models.CharField(max_length=60)
    mode = models.CharField(max_length=8, choices=Mode.choices)
    state = models.CharField(max_length=8, choices=ConnectionState.choices, default=ConnectionState.OPENING)
    api_key = SealedField(ring=Ring.TRADING, blank=True, default=b"")
    api_secret = SealedField(ring=Ring.TRADING, blank=True, default=b"")
    key_hint = models.CharField(max_length=4, blank=True)
    last_checked_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True)
    passphrase = SealedField(ring=Ring.TRADING, blank=True, default=b"")
    next_key = SealedField(ring=Ring.TRADING, blank=True, default=b"")
    next_secret = SealedField(ring=Ring.TRADING, blank=True, default=b"")
    next_passphrase = SealedField(ring=Ring.TRADING, blank=True, default=b"")
    """A key that waits for its test; it becomes the key when the exchange accepts it, and is destroyed otherwise."""
    key_digest = models.CharField(max_length=64, blank=True)
    can_trade = models.BooleanField(null=True)
    """Whether the key may send orders; None while the exchange does not say."""
    is_ip_bound = models.BooleanField(null=True)
    problem = models.CharField(max_length=40, blank=True)
    """The code of the last problem ("" when there is none); `last_error` says it in words."""
    key_since = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["owner", "venue"],
                condition=models.Q(mode=Mode.PAPER.value)
                & ~models.Q(state__in=[ConnectionState.REVOKED.value, ConnectionState.REFUSED.value]),
                name="one_paper_account_per_venue",
            ),
            models.UniqueConstraint(
                fields=["owner", "venue", "key_digest"],
                condition=models.Q(
                    key_digest__gt="", state__in=[ConnectionState.OPENING.value, ConnectionState.ACTIVE.value]
                ),
                name="one_connection_per_key",
            ),
            models.CheckConstraint(
                condition=models.Q(state=ConnectionState.ACTIVE.value, api_key__gt=b"", api_secret__gt=b"")
                | models.Q(api_key=b"", api_secret=b"", passphrase=b""),
                name="connection_has_a_key_only_while_active",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=[ConnectionState.OPENING.value, ConnectionState.ACTIVE.value])
                | models.Q(next_key=b"", next_secret=b"", next_passphrase=b""),
                name="connection_waits_with_a_key_only_while_open",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["state", "id"], name="connection_by_state")]
        triggers: ClassVar = [CONNECTION_STATES.trigger("connection"), no_delete("connection")]

    def __str__(self) -> str:
        return self.label


class ConnectionBalance(BaseModel):
    """What the account stream or a worker last saw on a connection; the venue's figures, not our books."""

    data_categories: ClassVar = {
        "connection": DataCategory.OPERATIONAL,
        "asset": DataCategory.FINANCIAL,
        "free": DataCategory.FINANCIAL,
        "locked": DataCategory.FINANCIAL,
        "seen_at": DataCategory.OPERATIONAL,
    }

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="balances")
    asset = models.CharField(max_length=16)
    free = models.DecimalField(max_digits=38, decimal_places=18)
    locked = models.DecimalField(max_digits=38, decimal_places=18)
    seen_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["connection", "asset"], name="one_balance_per_asset"),
            models.CheckConstraint(
                condition=models.Q(free__gte=0, locked__gte=0), name="connection_balance_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asset} {self.free + self.locked}"


class KeyActivity(BaseModel):
    """What happened to the key of a connection, one row each; never changed."""

    data_categories: ClassVar = {
        "connection": DataCategory.OPERATIONAL,
        "event": DataCategory.OPERATIONAL,
        "detail": DataCategory.OPERATIONAL,
        "key_hint": DataCategory.OPERATIONAL,
        "actor_kind": DataCategory.OPERATIONAL,
    }

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="activity")
    event = models.CharField(max_length=10, choices=KeyEvent.choices)
    detail = models.CharField(max_length=300, blank=True)
    key_hint = models.CharField(max_length=4, blank=True)
    actor_kind = models.CharField(max_length=12)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["connection", "-id"], name="key_activity_newest")]
        triggers: ClassVar = append_only("key_activity")

    def __str__(self) -> str:
        return self.get_event_display()
