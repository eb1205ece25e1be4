"""Who may save, earn, and decide what is paid."""

from apps.core.permissions import declare

SAVE = declare("wallets.save", "Save towards own goals: make them, fill them, take the money back")
EARN = declare("wallets.earn", "Put own money into yield products and staking, and take it back")
RUN = declare("wallets.run_earning", "Accrue, pay contributions, bond and release (done by the product itself)")
PROPOSE_PRODUCTS = declare(
    "wallets.propose_products", "Prepare yield and staking products, propose rates, withdraw them"
)
APPROVE_PRODUCTS = declare("wallets.approve_products", "Approve rates and offers that somebody else proposed")
SET_RATES = declare("wallets.set_rates", "Enter and import exchange rates of currencies")
