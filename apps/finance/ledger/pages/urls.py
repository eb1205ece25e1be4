"""Addresses of the pages."""

from django.urls import path

from apps.finance.ledger.pages import views

urlpatterns = [
    path("wallet/statements/", views.months, name="ledger-statements"),
    path("wallet/statements/<slug:month>.csv", views.month_csv, name="ledger-month-csv"),
    path("wallet/statements/<slug:month>.pdf", views.month_pdf, name="ledger-month-pdf"),
    path("wallet/accounts/<uuid:account_id>/", views.account, name="ledger-account"),
    path("wallet/accounts/<uuid:account_id>/explain/", views.explain, name="ledger-explain"),
    path("wallet/accounts/<uuid:account_id>/statement.csv", views.account_csv, name="ledger-account-csv"),
    path("wallet/accounts/<uuid:account_id>/statement.pdf", views.account_pdf, name="ledger-account-pdf"),
    path("wallet/accounts/<uuid:account_id>/entries/<int:version>/", views.entry, name="ledger-entry"),
]
