"""Sealing journals: batches under one hash, each chained to the one before; and the check of all of it."""

import hashlib

from django.db import connection, transaction
from django.db.models import Max

from apps.core.actors import Actor
from apps.core.operation import operation
from apps.core.permissions import declare
from apps.finance.ledger.models import Journal, JournalSeal

SEAL = declare("ledger.seal", "Seal journals (done by the product itself)")
GENESIS = "0" * 64
BATCH = 5000
LOCK = 0x1ED6


@operation("ledger.seal_journals", permission=SEAL, trail=False)
def seal_journals(*, actor: Actor) -> JournalSeal | None:
    """Seal the journals that are not sealed yet into one batch; return the seal, None when there was nothing."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(current_schema()))", [LOCK])
        rows = list(Journal.objects.filter(seal__isnull=True).order_by("id").values_list("id", "content_hash")[:BATCH])
        if not rows:
            return None
        last = JournalSeal.objects.order_by("-number").first()
        number, previous = (last.number + 1, last.hash) if last else (1, GENESIS)
        seal = JournalSeal.objects.create(
            number=number,
            row_count=len(rows),
            previous_hash=previous,
            hash=seal_hash(number, previous, [content for _, content in rows]),
        )
        Journal.objects.filter(pk__in=[pk for pk, _ in rows]).update(seal=seal)
        return seal


def seal_hash(number: int, previous: str, contents: list[str]) -> str:
    """Return the hash of a batch: its number, the hash before it, and the contents of its journals by their ids."""
    return hashlib.sha256("\n".join([str(number), previous, *contents]).encode()).hexdigest()


def seal_faults() -> list[str]:
    """Recompute the chain of seals from the journals' stored hashes; return what does not fit."""
    faults, previous, expected = [], GENESIS, 1
    for seal in JournalSeal.objects.order_by("number").iterator():
        contents = list(seal.journals.order_by("id").values_list("content_hash", flat=True))
        if seal.number != expected or seal.previous_hash != previous:
            faults.append(f"journal seal {expected}: the chain is broken")
        if len(contents) != seal.row_count or seal.hash != seal_hash(seal.number, seal.previous_hash, contents):
            faults.append(f"journal seal {seal.number}: its journals were changed")
        previous, expected = seal.hash, seal.number + 1
    return faults


def newest_seal() -> int:
    """Return the number of the newest seal, 0 when there is none."""
    return JournalSeal.objects.aggregate(newest=Max("number"))["newest"] or 0
