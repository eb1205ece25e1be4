"""What the home of the finance desk shows of the ledger."""

from django.urls import reverse

from apps.core.desk import PERMISSIONS, Desk, DeskPage, Queue, add_desk_page, add_queue
from apps.core.models import Approval, ApprovalState
from apps.finance.ledger.choices import AccountState
from apps.finance.ledger.models import Account
from apps.finance.ledger.operations.exporting import EXPORT

add_queue(
    Queue(
        Desk.FINANCE,
        "corrections of the books to approve",
        lambda: Approval.objects.filter(state=ApprovalState.PENDING, action__startswith="ledger.").count(),
        lambda: f"{reverse('admin:core_approval_changelist')}?state__exact={ApprovalState.PENDING.value}",
    )
)
add_queue(
    Queue(
        Desk.FINANCE,
        "frozen accounts",
        lambda: Account.objects.filter(state=AccountState.FROZEN).count(),
        lambda: f"{reverse('admin:ledger_account_changelist')}?state__exact={AccountState.FROZEN.value}",
    )
)
add_desk_page(DeskPage(Desk.FINANCE, "Trial balance", "admin:ledger_trial_balance", PERMISSIONS[Desk.FINANCE]))
add_desk_page(DeskPage(Desk.FINANCE, "Export for accounting", "admin:ledger_export", EXPORT))
