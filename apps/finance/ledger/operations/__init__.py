"""Writes of the ledger."""

from apps.finance.ledger.operations.accounts import account_ids, freeze_account, open_accounts, unfreeze_account
from apps.finance.ledger.operations.commands import AccountName, HoldUse, Leg, NewHold, NewJournal, Posted, Release
from apps.finance.ledger.operations.correcting import ask_for_adjustment, ask_for_reversal
from apps.finance.ledger.operations.exporting import export_journals, name_account
from apps.finance.ledger.operations.holding import expire_hold, expire_holds
from apps.finance.ledger.operations.periods import ask_to_reopen_period, close_period
from apps.finance.ledger.operations.posting import post_many
from apps.finance.ledger.operations.sealing import seal_journals
from apps.finance.ledger.operations.venue import BalanceChange, Mirror, MirroredFill, balance_journals, fill_journals

__all__ = [
    "AccountName",
    "BalanceChange",
    "HoldUse",
    "Leg",
    "Mirror",
    "MirroredFill",
    "NewHold",
    "NewJournal",
    "Posted",
    "Release",
    "account_ids",
    "ask_for_adjustment",
    "ask_for_reversal",
    "ask_to_reopen_period",
    "balance_journals",
    "close_period",
    "expire_hold",
    "expire_holds",
    "export_journals",
    "fill_journals",
    "freeze_account",
    "name_account",
    "open_accounts",
    "post_many",
    "seal_journals",
    "unfreeze_account",
]
