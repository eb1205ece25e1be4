"""Addresses of the wallet's pages."""

from django.urls import path

from apps.finance.wallets.pages import (
    views_addresses,
    views_deposits,
    views_earning,
    views_goals,
    views_sending,
    views_wallet,
    views_withdrawals,
)

EARN, STAKE = {"family": "earn"}, {"family": "stake"}

urlpatterns = [
    path("wallet/", views_wallet.overview, name="wallet"),
    path("wallet/activity/", views_wallet.activity, name="wallet-activity"),
    path("wallet/activity/<uuid:account_id>/<int:version>/", views_wallet.receipt, name="wallet-receipt"),
    path("wallet/deposit/", views_deposits.deposit, name="wallet-deposit"),
    path("wallet/deposits/<uuid:deposit_id>/", views_deposits.detail, name="wallet-deposit-detail"),
    path("wallet/deposits/<uuid:deposit_id>/take-back/", views_deposits.take_back, name="wallet-deposit-take-back"),
    path("wallet/paper/", views_deposits.paper, name="wallet-paper"),
    path("wallet/withdraw/", views_withdrawals.withdraw, name="wallet-withdraw"),
    path("wallet/withdraw/preview/", views_withdrawals.preview, name="wallet-withdraw-preview"),
    path("wallet/withdrawals/<uuid:withdrawal_id>/", views_withdrawals.withdrawal, name="wallet-withdrawal"),
    path(
        "wallet/withdrawals/<uuid:withdrawal_id>/confirm/", views_withdrawals.confirm, name="wallet-withdrawal-confirm"
    ),
    path("wallet/withdrawals/<uuid:withdrawal_id>/cancel/", views_withdrawals.cancel, name="wallet-withdrawal-cancel"),
    path("wallet/addresses/", views_addresses.addresses, name="wallet-addresses"),
    path("wallet/addresses/<uuid:entry_id>/prove/", views_addresses.prove, name="wallet-address-prove"),
    path("wallet/addresses/<uuid:entry_id>/again/", views_addresses.again, name="wallet-address-again"),
    path("wallet/addresses/<uuid:entry_id>/remove/", views_addresses.remove, name="wallet-address-remove"),
    path("wallet/lock/", views_addresses.lock, name="wallet-lock"),
    path("wallet/send/", views_sending.send, name="wallet-send"),
    path("wallet/transfers/<uuid:transfer_id>/", views_sending.transfer, name="wallet-transfer"),
    path("wallet/goals/", views_goals.goals, name="wallet-goals"),
    path("wallet/goals/new/", views_goals.new, name="wallet-goal-new"),
    path("wallet/goals/<uuid:goal_id>/", views_goals.goal, name="wallet-goal"),
    path("wallet/goals/<uuid:goal_id>/edit/", views_goals.edit, name="wallet-goal-edit"),
    path("wallet/goals/<uuid:goal_id>/control/", views_goals.control, name="wallet-goal-control"),
    path("wallet/earn/", views_earning.products, EARN, name="wallet-earn"),
    path("wallet/earn/products/<uuid:product_id>/", views_earning.product, EARN, name="wallet-earn-product"),
    path("wallet/earn/<uuid:position_id>/", views_earning.position, EARN, name="wallet-earn-position"),
    path("wallet/earn/<uuid:position_id>/take-out/", views_earning.take_out, EARN, name="wallet-earn-take-out"),
    path("wallet/stake/", views_earning.products, STAKE, name="wallet-stake"),
    path("wallet/stake/products/<uuid:product_id>/", views_earning.product, STAKE, name="wallet-stake-product"),
    path("wallet/stake/<uuid:position_id>/", views_earning.position, STAKE, name="wallet-stake-position"),
    path("wallet/stake/<uuid:position_id>/take-out/", views_earning.take_out, STAKE, name="wallet-stake-take-out"),
]
