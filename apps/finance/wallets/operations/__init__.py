"""Writes of the wallets."""

from apps.finance.wallets.operations.address_book import (
    add_address,
    mail_proof_again,
    prove_address,
    remove_address,
    take_proof_attempt,
)
from apps.finance.wallets.operations.advancing import advance_withdrawal
from apps.finance.wallets.operations.contributing import contribute
from apps.finance.wallets.operations.crediting import note_standing, poll_deposits, record_incoming
from apps.finance.wallets.operations.depositing import (
    announce_deposit,
    ask_deposit_address,
    confirm_deposit,
    expire_deposit,
    open_deposit_address,
    reject_deposit,
    simulate_deposit,
    take_back_deposit,
)
from apps.finance.wallets.operations.earning import (
    accrue_yield,
    open_yield_position,
    pay_out_yield_position,
    redeem_yield_position,
)
from apps.finance.wallets.operations.locking import note_change, set_lock
from apps.finance.wallets.operations.paper import reset_paper_funds
from apps.finance.wallets.operations.paying import record_provider_outcome, send_call, settle_call
from apps.finance.wallets.operations.policies import (
    propose_approvals,
    propose_fee,
    propose_pay_in_account,
    propose_rule,
    put_default_policies,
)
from apps.finance.wallets.operations.products import (
    ProductTerms,
    Tier,
    accrue_again,
    prepare_staking_product,
    prepare_yield_product,
    propose_offer,
    propose_rates,
    withdraw_product,
)
from apps.finance.wallets.operations.rates import RateFact, import_fiat_rates, set_fiat_rate
from apps.finance.wallets.operations.requesting import confirm_withdrawal, request_withdrawal
from apps.finance.wallets.operations.running import rearm_earning, run_accruals
from apps.finance.wallets.operations.saving import (
    GoalPlan,
    Schedule,
    change_goal,
    close_goal,
    create_goal,
    deposit_to_goal,
    pause_goal,
    resume_goal,
    withdraw_from_goal,
)
from apps.finance.wallets.operations.staking import (
    accrue_staking,
    bond_stake,
    open_stake,
    release_stake,
    unbond_stake,
)
from apps.finance.wallets.operations.stopping import (
    approve_withdrawal,
    cancel_withdrawal,
    expire_withdrawal,
    reject_withdrawal,
    release_withdrawal,
    retry_withdrawal,
    stop_withdrawal,
)
from apps.finance.wallets.operations.transferring import (
    deliver_transfer,
    needs_second_factor,
    transfer_between_customers,
)
from apps.finance.wallets.prices import Price, PriceSource, register_price_source

__all__ = [
    "GoalPlan",
    "Price",
    "PriceSource",
    "ProductTerms",
    "RateFact",
    "Schedule",
    "Tier",
    "accrue_again",
    "accrue_staking",
    "accrue_yield",
    "add_address",
    "advance_withdrawal",
    "announce_deposit",
    "approve_withdrawal",
    "ask_deposit_address",
    "bond_stake",
    "cancel_withdrawal",
    "change_goal",
    "close_goal",
    "confirm_deposit",
    "confirm_withdrawal",
    "contribute",
    "create_goal",
    "deliver_transfer",
    "deposit_to_goal",
    "expire_deposit",
    "expire_withdrawal",
    "import_fiat_rates",
    "mail_proof_again",
    "needs_second_factor",
    "note_change",
    "note_standing",
    "open_deposit_address",
    "open_stake",
    "open_yield_position",
    "pause_goal",
    "pay_out_yield_position",
    "poll_deposits",
    "prepare_staking_product",
    "prepare_yield_product",
    "propose_approvals",
    "propose_fee",
    "propose_offer",
    "propose_pay_in_account",
    "propose_rates",
    "propose_rule",
    "prove_address",
    "put_default_policies",
    "rearm_earning",
    "record_incoming",
    "record_provider_outcome",
    "redeem_yield_position",
    "register_price_source",
    "reject_deposit",
    "reject_withdrawal",
    "release_stake",
    "release_withdrawal",
    "remove_address",
    "request_withdrawal",
    "reset_paper_funds",
    "resume_goal",
    "retry_withdrawal",
    "run_accruals",
    "send_call",
    "set_fiat_rate",
    "set_lock",
    "settle_call",
    "simulate_deposit",
    "stop_withdrawal",
    "take_back_deposit",
    "take_proof_attempt",
    "transfer_between_customers",
    "unbond_stake",
    "withdraw_from_goal",
    "withdraw_product",
]
