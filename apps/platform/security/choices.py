"""The roles, and what each may do. Default deny: a permission that no list names belongs to nobody but the owner."""

from django.db.models import TextChoices


class Role(TextChoices):
    """What a person is in an organisation."""

    OWNER = "owner", "Owner"
    """Everything in the tenant."""
    ADMIN = "admin", "Administrator"
    """Accounts, roles, settings, all desks; no money."""
    FINANCE = "finance", "Finance"
    """Prepares money operations."""
    FINANCE_APPROVER = "finance_approver", "Finance approver"
    """Approves what finance prepared; never the same person."""
    TRADING_OPS = "trading_ops", "Trading operations"
    """Connections, instruments, feeds, bots of customers: stops, never starts. Proposes trades made elsewhere."""
    COMPLIANCE = "compliance", "Compliance"
    """Limits, evidence, freezing accounts."""
    CRM = "crm", "CRM"
    """Leads and customers."""
    SUPPORT = "support", "Support"
    """Helps customers: sees, does not touch money."""
    MMN = "mmn", "MMN"
    """The binary network."""
    AUDITOR = "auditor", "Auditor"
    """Reads all, writes nothing."""
    CUSTOMER = "customer", "Customer"
    """Trades with their own accounts. Every customer has it without a row; staff need one."""
    OPERATOR = "operator", "Platform operator"
    """Platform: tenants, feeds, public data."""
    BILLING = "billing", "Platform billing"
    """Platform: plans and invoices of tenants."""
    SECURITY = "security", "Platform security"
    """Platform: staff roles and the trail."""


PLATFORM_ROLES = frozenset({Role.OPERATOR, Role.BILLING, Role.SECURITY})
GUARDED_ROLES = frozenset({Role.OWNER, Role.ADMIN, Role.SECURITY})
"""Granting one of these takes a second person."""
EXCLUDING = {Role.FINANCE: Role.FINANCE_APPROVER, Role.FINANCE_APPROVER: Role.FINANCE}
"""Roles that one person does not hold together."""

CUSTOMER_VERBS = frozenset({
    "authentication.manage_own",
    "backtests.run",
    "bots.run",
    "exchanges.connect",
    "instruments.watch",
    "orders.trade",
    "portfolios.manage",
    "positions.contracts",
    "positions.correct",
    "risk.manage_own",
    "strategies.write",
    "wallets.deposit",
    "wallets.earn",
    "wallets.save",
    "wallets.transfer",
    "wallets.withdraw",
})  # fmt: skip
ALL_DESKS = frozenset(
    {"desk.finance", "desk.crm", "desk.support", "desk.mmn", "desk.trading", "desk.compliance", "desk.platform"}
)
STAFF_VERBS = frozenset({"authentication.manage_own"})

GRANTS: dict[Role, frozenset[str]] = {
    Role.ADMIN: STAFF_VERBS
    | ALL_DESKS
    | {
        "users.manage", "configurations.manage", "security.manage_roles", "security.approve_roles",
        "core.check_approvals", "audit.read", "limits.read", "limits.approve",
        "risk.read", "risk.halt", "risk.approve",
    },
    Role.FINANCE: STAFF_VERBS
    | {
        "desk.finance", "ledger.correct", "ledger.close_period", "ledger.freeze", "ledger.export",
        "ledger.map_accounts", "core.prove", "limits.read", "limits.propose",
        "wallets.propose_products", "wallets.set_rates", "wallets.confirm_deposits", "wallets.handle_withdrawals",
        "wallets.propose_policies", "orders.propose_commissions", "orders.book_trades",
    },
    Role.FINANCE_APPROVER: STAFF_VERBS
    | {
        "desk.finance", "core.check_approvals", "ledger.approve", "limits.read", "limits.approve",
        "wallets.approve_products", "wallets.approve_deposits", "wallets.approve_withdrawals",
        "wallets.handle_withdrawals", "wallets.approve_policies",
        "orders.approve_commissions", "orders.approve_trades",
    },
    Role.TRADING_OPS: STAFF_VERBS
    | {"desk.trading", "bots.halt", "market_data.sync", "risk.read", "risk.halt", "orders.book_trades"},
    Role.COMPLIANCE: STAFF_VERBS
    | {"desk.compliance", "audit.read", "users.manage", "limits.read", "limits.set_tier", "limits.propose"}
    | {"wallets.handle_withdrawals", "risk.read", "risk.halt"},
    Role.CRM: STAFF_VERBS | {"desk.crm"},
    Role.SUPPORT: STAFF_VERBS | {"desk.support", "desk.crm"},
    Role.MMN: STAFF_VERBS | {"desk.mmn"},
    Role.AUDITOR: STAFF_VERBS | ALL_DESKS | {"audit.read", "limits.read", "risk.read"},
    Role.CUSTOMER: CUSTOMER_VERBS,
    Role.OPERATOR: STAFF_VERBS | {
        "desk.platform", "desk.trading", "exchanges.manage", "instruments.manage", "market_data.write",
        "market_data.release",
        "market_data.retain", "market_data.sync", "sandbox.steer",
        "risk.read", "risk.halt_platform",
    },
    Role.BILLING: STAFF_VERBS | {"desk.platform"},
    Role.SECURITY: STAFF_VERBS
    | {
        "desk.platform", "desk.compliance", "audit.read", "users.manage", "security.manage_roles",
        "security.approve_roles",
        "core.check_approvals", "core.prove", "configurations.manage",
        "risk.read", "risk.approve_platform",
    },
}  # fmt: skip
OWNER_LACKS = frozenset(
    {
        "exchanges.manage", "exchanges.record", "instruments.check_alerts", "instruments.manage",
        "ledger.expire_holds", "ledger.seal", "limits.consume",
        "market_data.release", "market_data.retain", "market_data.subscribe", "market_data.write",
        "orders.record", "portfolios.run", "positions.record", "sandbox.steer",
        "risk.approve_platform", "risk.claim", "risk.halt_platform",
        "wallets.run_earning", "wallets.run_custody",
    }
)  # fmt: skip
"""What only the product itself or the platform does. All other declared permissions are an owner's."""
