"""What the kill test of the ledger runs: `prepare`, `write` (until SIGTERM), `verify`.

`write` forks a child for each writer and another when one is killed; acknowledged keys go to a file for each writer,
and the children's process ids to `pids`.
"""

import json
import os
import random
import signal
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
SLUG, PEOPLE = "kills", 6


def prepare() -> Any:
    """Make the tables, a tenant, customers and their money."""
    from apps.core.actors import Actor
    from apps.core.context import in_schema
    from apps.core.schemas.build import build_public
    from apps.core.schemas.owner import as_owner
    from apps.core.sealing import ensure_key_rings
    from apps.platform.tenants.operations import provision_tenant
    from apps.platform.tenants.queries import get_tenant
    from tests.factories.people import make_customer

    ensure_key_rings(Path(os.environ["OUTCRY_STATE_DIR"]))
    system = Actor.system("tests")
    with as_owner():
        build_public()
        provision_tenant(actor=system, slug=SLUG, name="Kills", email="k@example.test", base_host="localhost")
    with in_schema(get_tenant(SLUG).schema):
        people = [make_customer(f"p{place}@example.test").pk for place in range(PEOPLE)]
        _fund(people)
    return [str(pk) for pk in people]


def _fund(people: list[Any]) -> None:
    from django.db import transaction

    from apps.core.actors import Actor
    from apps.finance.ledger.operations import post_many
    from apps.finance.ledger.operations.patterns import deposit_journal

    journals = [
        deposit_journal(key=f"fund:{pk}", holder_id=pk, asset="USDT", amount=Decimal(1_000_000)) for pk in people
    ]
    with transaction.atomic():
        post_many(actor=Actor.system("tests"), journals=journals)


def keep_writing(folder: Path, people: list[str], writers: int) -> None:
    """Keep a child for each writer until SIGTERM, then let all finish what they do."""
    children: dict[int, int] = {}
    ending: list[int] = []

    def end(*_: object) -> None:
        ending.append(1)
        for child in children:
            os.kill(child, signal.SIGTERM)

    signal.signal(signal.SIGTERM, end)
    waiting = list(range(writers))
    while waiting or children:
        while waiting and not ending:
            number = waiting.pop()
            child = os.fork()
            if child == 0:
                write(number, folder, people)
                os._exit(0)
            children[child] = number
        (folder / "pids.new").write_text(json.dumps(list(children)))
        (folder / "pids.new").replace(folder / "pids")
        gone, status = os.wait()
        number = children.pop(gone)
        if ending:
            assert status == 0
            waiting.clear()
        else:
            waiting.append(number)


def write(number: int, folder: Path, people: list[str]) -> None:
    """Post under keys of our own, one after the other; a key is acknowledged when its commit has answered."""
    from django.db import InterfaceError, OperationalError, connection, transaction

    from apps.core.actors import Actor
    from apps.core.context import in_schema
    from apps.finance.ledger.operations import post_many
    from apps.platform.tenants.queries import get_tenant

    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(1))
    acknowledged = folder / f"writer{number}"
    place = len(acknowledged.read_text().split()) if acknowledged.exists() else 0
    out = os.open(acknowledged, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    while not stopped:
        try:
            with in_schema(get_tenant(SLUG).schema), transaction.atomic():
                journals, holds = _work(number, place, people)
                posted = post_many(actor=Actor.system("tests"), journals=journals, holds=holds)
        except (OperationalError, InterfaceError):
            connection.close()
            time.sleep(0.05)
            continue
        assert len(posted.journals) == len(journals)
        os.write(out, f"w{number}:{place}\n".encode())
        place += 1


def _work(number: int, place: int, people: list[str]) -> tuple[list[Any], list[Any]]:
    """Return what stands under a key: always the same for the same key, so that it can be asked for again."""
    from uuid import UUID

    from apps.finance.ledger.choices import HoldPurpose
    from apps.finance.ledger.operations import NewHold, open_accounts
    from apps.finance.ledger.operations.patterns import customer_account, fee_journals, transfer_journal

    choose = random.Random(f"{number}:{place}")
    source, target = (UUID(text) for text in choose.sample(people, 2))
    key, amount = f"w{number}:{place}", Decimal(choose.randrange(1, 100_000)).scaleb(-4)
    transfer = transfer_journal(key=key, from_id=source, to_id=target, asset="USDT", amount=amount)
    fee = fee_journals(key=f"{key}:fee", payer=customer_account(source, "USDT"), amount=amount / 10)
    payer = customer_account(source, "USDT")
    hold = NewHold(key=key, account_id=open_accounts([payer])[payer], amount=Decimal("0.01"), purpose=HoldPurpose.BLOCK)
    return [transfer, *fee], [hold] if place % 3 == 0 else []


def verify(folder: Path) -> Any:
    """Compare what was acknowledged with the books."""
    from django.db import connection

    from apps.core.context import in_schema
    from apps.finance.ledger.models import Hold, Journal
    from apps.finance.ledger.proofs import ledger_holds
    from apps.platform.tenants.queries import get_tenant

    told = [line for path in sorted(folder.glob("writer?")) for line in path.read_text().split()]
    with in_schema(get_tenant(SLUG).schema):
        keys = list(Journal.objects.filter(key__startswith="w").values_list("key", flat=True))
        holds = set(Hold.objects.values_list("key", flat=True))
        faults = ledger_holds()
        with connection.cursor() as cursor:
            names = ("fsync", "synchronous_commit", "full_page_writes")
            cursor.execute("SELECT " + ", ".join(f"current_setting('{name}')" for name in names))
            durable = cursor.fetchone()
    written = set(keys)
    wanted = {name for key in told for name in (key, f"{key}:fee", f"{key}:fee/house")}
    groups = {key.removesuffix("/house").removesuffix(":fee") for key in written}
    return {
        "acknowledged": len(told),
        "lost": sorted(wanted - written)[:5],
        "holds_lost": sorted(key for key in told if int(key.split(":")[1]) % 3 == 0 and key not in holds)[:5],
        "doubled": len(keys) - len(written) + len(told) - len(set(told)),
        "half": sorted(key for key in groups if not {key, f"{key}:fee", f"{key}:fee/house"} <= written)[:5],
        "unacknowledged": len(groups) - len(set(told)),
        "faults": faults,
        "durable": durable,
    }


if __name__ == "__main__":
    import django

    django.setup()
    verb, home = sys.argv[1], Path(os.environ["LEDGER_FOLDER"])
    if verb == "prepare":
        print(json.dumps(prepare()))
    elif verb == "write":
        keep_writing(home, sys.argv[2].split(","), int(sys.argv[3]))
    else:
        print(json.dumps(verify(home)))
