"""Addresses under /api/v1/."""

from django.urls import path

from apps.finance.ledger.api.staff import AskForAdjustment, AskForReversal
from apps.finance.ledger.api.views import AccountBalance, AccountDetail, AccountEntries, AccountList, AccountStatement

urlpatterns = [
    path("ledger/accounts", AccountList.as_view(), name="api-ledger-accounts"),
    path("ledger/accounts/<uuid:account_id>", AccountDetail.as_view(), name="api-ledger-account"),
    path("ledger/accounts/<uuid:account_id>/entries", AccountEntries.as_view(), name="api-ledger-entries"),
    path("ledger/accounts/<uuid:account_id>/balance", AccountBalance.as_view(), name="api-ledger-balance"),
    path("ledger/accounts/<uuid:account_id>/statement", AccountStatement.as_view(), name="api-ledger-statement"),
    path(
        "ledger/accounts/<uuid:account_id>/adjustment-requests",
        AskForAdjustment.as_view(),
        name="api-ledger-ask-adjustment",
    ),
    path(
        "ledger/journals/<uuid:journal_uid>/reversal-requests",
        AskForReversal.as_view(),
        name="api-ledger-ask-reversal",
    ),
]
