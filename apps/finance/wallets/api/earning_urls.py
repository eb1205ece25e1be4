"""Addresses of saving, yield, staking and analytics under /api/v1/."""

from django.urls import path

from apps.finance.wallets.api.earning_analytics import WalletAnalytics
from apps.finance.wallets.api.earning_goals import (
    GoalClose,
    GoalContributions,
    GoalDeposit,
    GoalDetail,
    GoalList,
    GoalPause,
    GoalResume,
    GoalWithdrawal,
)
from apps.finance.wallets.api.earning_positions import (
    StakePositionDetail,
    StakePositions,
    StakeRewards,
    StakeUnbonding,
    StakingProducts,
    YieldAccruals,
    YieldPositionDetail,
    YieldPositions,
    YieldProducts,
    YieldRedemption,
)

GOAL, YIELD, STAKE = (
    "savings-goals/<uuid:goal_id>",
    "yield/positions/<uuid:position_id>",
    "staking/positions/<uuid:position_id>",
)

earning_patterns = [
    path("savings-goals", GoalList.as_view(), name="api-savings-goals"),
    path(GOAL, GoalDetail.as_view(), name="api-savings-goal"),
    path(f"{GOAL}/contributions", GoalContributions.as_view(), name="api-savings-goal-contributions"),
    path(f"{GOAL}/deposit", GoalDeposit.as_view(), name="api-savings-goal-deposit"),
    path(f"{GOAL}/withdraw", GoalWithdrawal.as_view(), name="api-savings-goal-withdraw"),
    path(f"{GOAL}/pause", GoalPause.as_view(), name="api-savings-goal-pause"),
    path(f"{GOAL}/resume", GoalResume.as_view(), name="api-savings-goal-resume"),
    path(f"{GOAL}/close", GoalClose.as_view(), name="api-savings-goal-close"),
    path("yield/products", YieldProducts.as_view(), name="api-yield-products"),
    path("yield/positions", YieldPositions.as_view(), name="api-yield-positions"),
    path(YIELD, YieldPositionDetail.as_view(), name="api-yield-position"),
    path(f"{YIELD}/accruals", YieldAccruals.as_view(), name="api-yield-accruals"),
    path(f"{YIELD}/redeem", YieldRedemption.as_view(), name="api-yield-redeem"),
    path("staking/products", StakingProducts.as_view(), name="api-staking-products"),
    path("staking/positions", StakePositions.as_view(), name="api-staking-positions"),
    path(STAKE, StakePositionDetail.as_view(), name="api-staking-position"),
    path(f"{STAKE}/rewards", StakeRewards.as_view(), name="api-staking-rewards"),
    path(f"{STAKE}/unbond", StakeUnbonding.as_view(), name="api-staking-unbond"),
    path("wallet-analytics", WalletAnalytics.as_view(), name="api-wallet-analytics"),
]
