"""Sealing the audit trail: batches of rows under one hash, each chained to the one before, anchored outside."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from apps.core.audit import content_hash
from apps.core.clock import now
from apps.core.context import current_schema
from apps.core.models import AuditEvent, AuditSeal

GENESIS = "0" * 64
BATCH = 5000
SEAL_LOCK = 0x5EA1


@dataclass(frozen=True)
class SealFault:
    """One thing that does not fit: the seal's number and what is wrong with it."""

    number: int
    problem: str


def seal_pending() -> AuditSeal | None:
    """Seal the unsealed rows of this schema into one batch; return the seal, or None when there was nothing to do."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(current_schema()))", [SEAL_LOCK])
        rows = list(AuditEvent.objects.filter(seal__isnull=True).order_by("id")[:BATCH])
        if not rows:
            return None
        previous = AuditSeal.objects.order_by("-number").first()
        previous_hash = previous.hash if previous else GENESIS
        number = previous.number + 1 if previous else 1
        seal = AuditSeal.objects.create(
            number=number,
            row_count=len(rows),
            first_id=rows[0].pk,
            last_id=rows[-1].pk,
            previous_hash=previous_hash,
            hash=_seal_hash(number, previous_hash, [row.content_hash for row in rows]),
        )
        AuditEvent.objects.filter(pk__in=[row.pk for row in rows]).update(seal=seal)
        return seal


def verify() -> list[SealFault]:
    """Recompute every seal and every row of this schema, and compare with the last anchor; return all faults."""
    faults: list[SealFault] = []
    previous_hash = GENESIS
    expected_number = 1
    for seal in AuditSeal.objects.order_by("number").iterator():
        faults += _faults_of(seal, expected_number, previous_hash)
        previous_hash = seal.hash
        expected_number = seal.number + 1
    faults += [
        SealFault(0, f"unsealed row {row.pk} was changed")
        for row in AuditEvent.objects.filter(seal__isnull=True).iterator()
        if content_hash(row) != row.content_hash
    ]
    return faults + _anchor_faults()


def _faults_of(seal: AuditSeal, expected_number: int, previous_hash: str) -> list[SealFault]:
    faults = []
    if seal.number != expected_number:
        faults.append(SealFault(seal.number, f"seal {expected_number} is missing"))
    if seal.previous_hash != previous_hash:
        faults.append(SealFault(seal.number, "the chain is broken"))
    rows = list(AuditEvent.objects.filter(seal=seal).order_by("id"))
    if any(content_hash(row) != row.content_hash for row in rows):
        faults.append(SealFault(seal.number, "a row was changed"))
    if seal.hash != _seal_hash(seal.number, seal.previous_hash, [row.content_hash for row in rows]):
        faults.append(SealFault(seal.number, "rows were added, removed or changed"))
    return faults


def _seal_hash(number: int, previous_hash: str, hashes: list[str]) -> str:
    text = "\n".join([str(number), previous_hash, *hashes])
    return hashlib.sha256(text.encode()).hexdigest()


def anchor() -> None:
    """Append a signed line with the newest seal of this schema to the anchor file, unless it is there already."""
    newest = AuditSeal.objects.order_by("-number").first()
    if newest is None:
        return
    known = _last_anchor(current_schema())
    if known is not None and known["number"] >= newest.number:
        return
    line = {
        "schema": current_schema(),
        "number": newest.number,
        "hash": newest.hash,
        "at": now().isoformat(),
    }
    path = _anchor_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({**line, "signature": _sign(line)}) + "\n")


def _anchor_faults() -> list[SealFault]:
    known = _last_anchor(current_schema())
    if known is None:
        return []
    seal = AuditSeal.objects.filter(number=known["number"]).first()
    if seal is None:
        return [SealFault(known["number"], "an anchored seal is missing: the tail was cut or a backup was restored")]
    if seal.hash != known["hash"]:
        return [SealFault(known["number"], "the seal is not the one that was anchored")]
    return []


def _anchor_path() -> Path:
    return Path(settings.STATE_DIR) / "anchors.log"


def _sign(line: dict[str, Any]) -> str:
    message = json.dumps(line, sort_keys=True).encode()
    key = hmac.new(settings.MASTER_SECRET.encode(), b"audit-anchor", "sha256").digest()
    return hmac.new(key, message, "sha256").hexdigest()


def _last_anchor(schema: str) -> dict[str, Any] | None:
    path = _anchor_path()
    if not path.exists():
        return None
    newest: dict[str, Any] | None = None
    with path.open(encoding="utf-8") as file:
        for text in file:
            line = json.loads(text)
            signature = line.pop("signature", "")
            if line.get("schema") == schema and hmac.compare_digest(signature, _sign(line)):
                newest = line
    return newest
