"""Taking the books out for accounting, and naming the accounts as the accountant does."""

import re
from datetime import datetime

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.operation import operation
from apps.core.permissions import declare
from apps.finance.ledger.choices import AccountKind
from apps.finance.ledger.errors import MappingInvalid
from apps.finance.ledger.exports import Export, ExportFormat, Wanted
from apps.finance.ledger.models import ExportMapping

EXPORT = declare("ledger.export", "Export journals for accounting")
MAP = declare("ledger.map_accounts", "Name the accounts of exports")
NAME = re.compile(r"(Assets|Liabilities|Equity|Income|Expenses)(:[A-Z0-9][A-Za-z0-9-]*)+", re.ASCII)
CODE = re.compile(r"[A-Za-z0-9.-]{1,10}", re.ASCII)
MOST = 120


@operation("ledger.export_journals", permission=EXPORT, audited=("since", "until", "format"))
def export_journals(
    *, actor: Actor, since: datetime, until: datetime, format: ExportFormat, wanted: Wanted, reason: str = ""
) -> Export:
    """Return the export of what counts from `since` up to, not at, `until`, ready to be read in chunks.

    Raises ExportInvalid for an empty period, a future one, or a format that needs one asset and got none.
    """
    return Export(since=since, until=until, format=format, wanted=wanted)


@operation("ledger.name_account", permission=MAP, audited=("kind", "name", "code"))
def name_account(*, actor: Actor, kind: AccountKind, name: str, code: str, reason: str) -> ExportMapping:
    """Set under which name and code a kind of account stands in exports. Raises MappingInvalid."""
    if len(name) > MOST or not NAME.fullmatch(name):
        raise MappingInvalid(field="name")
    if not CODE.fullmatch(code):
        raise MappingInvalid("A code is 1 to 10 letters, digits, points and hyphens, for example 2100.", field="code")
    row, _ = ExportMapping.objects.update_or_create(
        kind=kind, defaults={"name": name, "code": code, "changed_at": now()}
    )
    return row
