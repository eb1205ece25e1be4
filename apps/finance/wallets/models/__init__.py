"""Tables of the wallets."""

from apps.finance.wallets.models.deposits import Deposit
from apps.finance.wallets.models.earning import Accrual, AccrualRun, StakePosition, YieldPosition
from apps.finance.wallets.models.places import AddressEntry, DepositAddress, WalletGuard
from apps.finance.wallets.models.policies import (
    ApprovalPolicy,
    PayInAccount,
    ProviderStanding,
    WalletRule,
    WithdrawalFee,
)
from apps.finance.wallets.models.products import StakingProduct, StakingRate, YieldProduct, YieldRate
from apps.finance.wallets.models.rates import FiatRate
from apps.finance.wallets.models.saving import GoalContribution, SavingsGoal
from apps.finance.wallets.models.simulated import (
    SimulatedAddress,
    SimulatedChain,
    SimulatedFault,
    SimulatedIncoming,
    SimulatedPayout,
)
from apps.finance.wallets.models.transfers import PaperReset, Transfer
from apps.finance.wallets.models.withdrawals import ProviderCall, Withdrawal, WithdrawalStep

__all__ = [
    "Accrual",
    "AccrualRun",
    "AddressEntry",
    "ApprovalPolicy",
    "Deposit",
    "DepositAddress",
    "FiatRate",
    "GoalContribution",
    "PaperReset",
    "PayInAccount",
    "ProviderCall",
    "ProviderStanding",
    "SavingsGoal",
    "SimulatedAddress",
    "SimulatedChain",
    "SimulatedFault",
    "SimulatedIncoming",
    "SimulatedPayout",
    "StakePosition",
    "StakingProduct",
    "StakingRate",
    "Transfer",
    "WalletGuard",
    "WalletRule",
    "Withdrawal",
    "WithdrawalFee",
    "WithdrawalStep",
    "YieldPosition",
    "YieldProduct",
    "YieldRate",
]
