"""Which sandbox account belongs to whom, and what staff asked of the exchange."""

from typing import ClassVar

from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory, Placement
from apps.core.triggers import no_delete
from apps.trading.sandbox.choices import COMMAND_STATES, CommandState, Verb


class SandboxAccount(BaseModel):
    """A paper account. `account_id` is empty until the exchange confirmed it; `key_name` names its key.

    `generation` counts how often it was set anew: each has an account of its own at the exchange. `old_key_name` is the
    key of the one before, until it is revoked there.
    """

    placement = Placement.PUBLIC
    data_categories: ClassVar = {
        "tenant_id": DataCategory.OPERATIONAL,
        "connection_id": DataCategory.OPERATIONAL,
        "account_id": DataCategory.OPERATIONAL,
        "key_name": DataCategory.SECRET,
        "old_key_name": DataCategory.SECRET,
        "generation": DataCategory.OPERATIONAL,
        "funds": DataCategory.FINANCIAL,
    }

    tenant_id = models.UUIDField()
    connection_id = models.UUIDField(unique=True)
    account_id = models.CharField(max_length=32, blank=True)
    key_name = models.CharField(max_length=64, blank=True)
    old_key_name = models.CharField(max_length=64, blank=True, default="")
    generation = models.PositiveSmallIntegerField(default=0)
    funds = models.JSONField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account_id"], condition=~models.Q(account_id=""), name="one_connection_per_sandbox_account"
            ),
        ]
        triggers: ClassVar = [no_delete("sandbox_account")]

    @property
    def reference(self) -> str:
        """What the exchange knows the account by, so that asking again finds the same one."""
        return f"{self.connection_id}/{self.generation}" if self.generation else str(self.connection_id)

    def __str__(self) -> str:
        return self.account_id or "opening"


class ExchangeCommand(BaseModel):
    """What staff asked of the exchange that all tenants share: written down first, then asked, then the outcome.

    `facts` holds numbers and names of kinds and symbols; a paper account is named by its number, never by its key.
    """

    placement = Placement.PUBLIC
    data_categories: ClassVar = dict.fromkeys(("verb", "facts", "state", "answer"), DataCategory.OPERATIONAL)

    verb = models.CharField(max_length=16, choices=Verb.choices)
    facts = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=CommandState.choices, default=CommandState.ASKED)
    answer = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        triggers: ClassVar = [COMMAND_STATES.trigger("exchange_command"), no_delete("exchange_command")]

    def __str__(self) -> str:
        return str(self.get_verb_display())
