"""Addresses of wallets, deposits, withdrawals, transfers and the address book under /api/v1/."""

from django.urls import path

from apps.finance.wallets.api.funding_deposits import (
    DepositDetail,
    DepositList,
    DepositTakeBack,
    PayInAccount,
    PlaceList,
    Simulation,
)
from apps.finance.wallets.api.funding_transfers import TransferDetail, TransferList
from apps.finance.wallets.api.funding_wallets import PaperReset, WalletActivity, WalletList, WalletLock
from apps.finance.wallets.api.funding_withdrawals import (
    AddressBook,
    AddressMail,
    AddressProof,
    AddressRemoval,
    WithdrawalCancellation,
    WithdrawalConfirmation,
    WithdrawalDetail,
    WithdrawalFee,
    WithdrawalList,
)

DEPOSIT, WITHDRAWAL, ENTRY = (
    "deposits/<uuid:deposit_id>",
    "withdrawals/<uuid:withdrawal_id>",
    "address-book/<uuid:entry_id>",
)

funding_patterns = [
    path("wallets", WalletList.as_view(), name="api-wallets"),
    path("wallets/activity", WalletActivity.as_view(), name="api-wallet-activity"),
    path("wallets/lock", WalletLock.as_view(), name="api-wallet-lock"),
    path("wallets/paper-reset", PaperReset.as_view(), name="api-paper-reset"),
    path("deposits", DepositList.as_view(), name="api-deposits"),
    path("deposits/addresses", PlaceList.as_view(), name="api-deposit-addresses"),
    path("deposits/simulated", Simulation.as_view(), name="api-simulated-deposits"),
    path("deposits/pay-in-account", PayInAccount.as_view(), name="api-pay-in-account"),
    path(DEPOSIT, DepositDetail.as_view(), name="api-deposit"),
    path(f"{DEPOSIT}/take-back", DepositTakeBack.as_view(), name="api-deposit-take-back"),
    path("withdrawals", WithdrawalList.as_view(), name="api-withdrawals"),
    path("withdrawals/fee", WithdrawalFee.as_view(), name="api-withdrawal-fee"),
    path(WITHDRAWAL, WithdrawalDetail.as_view(), name="api-withdrawal"),
    path(f"{WITHDRAWAL}/confirm", WithdrawalConfirmation.as_view(), name="api-withdrawal-confirm"),
    path(f"{WITHDRAWAL}/cancel", WithdrawalCancellation.as_view(), name="api-withdrawal-cancel"),
    path("address-book", AddressBook.as_view(), name="api-address-book"),
    path(f"{ENTRY}/prove", AddressProof.as_view(), name="api-address-prove"),
    path(f"{ENTRY}/mail-code", AddressMail.as_view(), name="api-address-mail-code"),
    path(f"{ENTRY}/remove", AddressRemoval.as_view(), name="api-address-remove"),
    path("transfers", TransferList.as_view(), name="api-transfers"),
    path("transfers/<uuid:transfer_id>", TransferDetail.as_view(), name="api-transfer"),
]
