"""Exports read back to the trial balance, to the last digit; only staff who may get them."""

import csv
import io
import re
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from apps.core.actors import Actor
from apps.core.clock import freeze, now
from apps.core.models import AuditEvent
from apps.core.permissions import PermissionMissing
from apps.finance.ledger import errors, exports
from apps.finance.ledger.choices import KINDS, AccountKind, Book, Mode
from apps.finance.ledger.exports import DEFAULTS, Export, ExportFormat, Wanted
from apps.finance.ledger.models import ExportMapping
from apps.finance.ledger.operations import export_journals, name_account
from apps.finance.ledger.queries import trial_balance
from tests.apps.finance.ledger.ledger_ground import D, at, deposit, fee, person, reward, transfer
from tests.apps.platform.identity import verified

pytestmark = pytest.mark.django_db
JANUARY, FEBRUARY, MARCH = (at(f"2026-0{month}-01") for month in range(1, 4))
PAGE = "/admin/ledger/journal/export/"
Totals = dict[tuple[str, str], Decimal]


@pytest.fixture
def books(customer: Any, other_customer: Any) -> Any:
    """January: deposits, tiny and huge. February: a transfer, a fee, interest, a back-dated deposit of January."""
    with freeze(at("2026-01-10T10:00")):
        deposit(customer, "100000000.123456", "d1")
        deposit(customer, "0.00000001", "d2", asset="BTC")
        deposit(customer, "3", "p1", mode=Mode.PAPER)
    with freeze(at("2026-02-10T10:00")):
        transfer(customer, other_customer, "30.5", "t1")
        fee(customer, "0.000001", "f1")
        reward(other_customer, "0.00000002", "i1", asset="BTC")
        deposit(other_customer, "7", "d3", effective_at=at("2026-01-31T23:59"))
    return customer


def export(format: ExportFormat, since: Any = FEBRUARY, until: Any = MARCH, **wanted: Any) -> str:
    return "".join(Export(since=since, until=until, format=format, wanted=Wanted(**wanted)).read())


def expected(at_: Any, *, mode: Mode = Mode.LIVE, books: Any = exports.OWN_BOOKS) -> Totals:
    """The trial balance as accounting names and signs it: debits positive, zero left out."""
    found: Totals = defaultdict(Decimal)
    for row in trial_balance(at=at_):
        if row.mode == mode and row.book in books:
            found[DEFAULTS[AccountKind(row.kind)][0], row.asset] += row.debit - row.credit
    return {place: amount for place, amount in found.items() if amount}


def read_plain(text: str) -> tuple[Totals, int]:
    """Sum a plain-text file by account and commodity; every transaction balances in every commodity."""
    totals: Totals = defaultdict(Decimal)
    transactions = 0
    for block in text.split("\n\n")[1:]:
        head, *lines = block.strip().split("\n")
        assert re.match(r"\d{4}-\d\d-\d\d \* ", head)
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for line in lines:
            if re.match(r"\s+[a-z]+: ", line):
                continue
            account, amount, asset = re.fullmatch(  # type: ignore[union-attr]
                r"\s+([A-Z][A-Za-z0-9:-]+)  (-?[0-9.]+) (\"?[A-Z0-9]+\"?)", line
            ).groups()
            totals[account, asset.strip('"')] += Decimal(amount)
            sums[asset] += Decimal(amount)
        assert not any(sums.values()), block
        transactions += 1
    return {place: amount for place, amount in totals.items() if amount}, transactions


@pytest.mark.parametrize("format", [ExportFormat.HLEDGER, ExportFormat.BEANCOUNT])
def test_plain_text_reads_back_to_the_trial_balance(format: ExportFormat, books: Any) -> None:
    found, transactions = read_plain(export(format))
    assert found == expected(MARCH)
    assert transactions == 1 + 5
    january, _ = read_plain(export(format, JANUARY, FEBRUARY))
    assert january == expected(FEBRUARY - timedelta(microseconds=1))
    assert january["Assets:Custody", "USDT"] == D("100000007.123456")


def test_months_put_together_are_the_whole(books: Any) -> None:
    """Movements of two months, each without its opening, add up to the trial balance."""
    total: Totals = defaultdict(Decimal)
    for since, until in ((JANUARY, FEBRUARY), (FEBRUARY, MARCH)):
        for row in csv.DictReader(io.StringIO(export(ExportFormat.CSV, since, until))):
            assert (row["debit"] or "0", row["credit"] or "0") in {(row["amount"], "0"), ("0", row["amount"][1:])}
            total[row["account"], row["asset"]] += Decimal(row["amount"])
    assert {place: amount for place, amount in total.items() if amount} == expected(MARCH)


def test_csv_tells_everything_of_an_entry(books: Any) -> None:
    rows = list(csv.DictReader(io.StringIO(export(ExportFormat.CSV))))
    assert [row["key"] for row in rows] == ["t1"] * 2 + ["f1"] * 2 + ["f1/house"] * 2 + ["i1/house"] * 2 + ["i1"] * 2
    first = next(row for row in rows if row["holder"] == str(books.pk))
    assert {name: first[name] for name in ("date", "kind", "book", "mode", "account", "account_code", "debit")} == {
        "date": "2026-02-10", "kind": "transfer", "book": "wallet", "mode": "live",
        "account": "Liabilities:Customers:Wallets", "account_code": "2100", "debit": "30.5",
    }  # fmt: skip
    assert first["amount"] == "30.5"


def test_quickbooks_balances_each_journal(books: Any) -> None:
    sums: dict[Any, Decimal] = defaultdict(Decimal)
    for row in csv.DictReader(io.StringIO(export(ExportFormat.QUICKBOOKS, JANUARY))):
        sums[row["Journal No."], row["Currency"]] += Decimal(row["Debits"] or 0) - Decimal(row["Credits"] or 0)
    assert len(sums) == 8
    assert set(sums.values()) == {D(0)}


def test_xero_takes_one_asset(books: Any) -> None:
    with pytest.raises(errors.ExportInvalid):
        export(ExportFormat.XERO)
    sums: dict[Any, Decimal] = defaultdict(Decimal)
    for row in csv.DictReader(io.StringIO(export(ExportFormat.XERO, JANUARY, asset="BTC"))):
        sums[row["*AccountCode"]] += Decimal(row["*Amount"])
    codes = {
        DEFAULTS[AccountKind(row.kind)][1]: row.debit - row.credit for row in trial_balance() if row.asset == "BTC"
    }
    assert dict(sums) == codes


def test_modes_and_books_never_mix(books: Any) -> None:
    paper, _ = read_plain(export(ExportFormat.HLEDGER, JANUARY, mode=Mode.PAPER))
    assert paper == {("Assets:Custody", "USDT"): D(3), ("Liabilities:Customers:Wallets", "USDT"): D(-3)}
    house, _ = read_plain(export(ExportFormat.HLEDGER, JANUARY, books=(Book.HOUSE,)))
    assert house == expected(MARCH, books=(Book.HOUSE,))


def test_each_customer_can_have_an_account(books: Any, other_customer: Any) -> None:
    found, _ = read_plain(export(ExportFormat.BEANCOUNT, by_customer=True))
    assert found[f"Liabilities:Customers:Wallets:C{other_customer.pk.hex}", "USDT"] == D("-37.5")
    assert sum(amount for (name, asset), amount in found.items() if asset == "USDT") == 0


def test_chunks_are_small_and_whole(books: Any, monkeypatch: Any) -> None:
    whole = export(ExportFormat.CSV, JANUARY)
    monkeypatch.setattr(exports, "CHUNK", 1)
    made = Export(since=JANUARY, until=MARCH, format=ExportFormat.CSV, wanted=Wanted())
    chunks = list(made.read())
    assert len(chunks) == 1 + 8
    assert "".join(chunks) == whole


def test_commodities_with_digits_are_quoted_for_hledger(customer: Any) -> None:
    assert exports._hledger_asset("USDT") == "USDT"
    assert exports._hledger_asset("1INCH") == '"1INCH"'


def test_every_kind_of_account_has_a_name() -> None:
    assert set(DEFAULTS) == set(KINDS) == set(AccountKind)
    codes = [code for _, code in DEFAULTS.values()]
    assert len(set(codes)) == len(codes)


def test_beancount_itself_reads_it(books: Any) -> None:
    loader = pytest.importorskip("beancount.loader")
    data = pytest.importorskip("beancount.core.data")
    entries, faults, _ = loader.load_string(export(ExportFormat.BEANCOUNT))
    assert faults == []
    totals: Totals = defaultdict(Decimal)
    for entry in entries:
        if isinstance(entry, data.Transaction):
            for one in entry.postings:
                totals[one.account, one.units.currency] += one.units.number
    assert {place: amount for place, amount in totals.items() if amount} == expected(MARCH)


def test_a_tenant_names_its_accounts(books: Any) -> None:
    finance = Actor.of(person("finance"))
    name_account(actor=finance, kind=AccountKind.FEES, name="Income:Trading-Fees", code="8400", reason="chart of 2026")
    name_account(actor=finance, kind=AccountKind.FEES, name="Income:Fees:Trading", code="8401", reason="chart of 2026")
    assert ExportMapping.objects.get().code == "8401"
    found, _ = read_plain(export(ExportFormat.HLEDGER))
    assert found["Income:Fees:Trading", "USDT"] == D("-0.000001")
    assert "8401" in export(ExportFormat.QUICKBOOKS)
    before = list(ExportMapping.objects.values_list("name", "code"))
    for name, code in (
        ("Income", "1"),
        ("income:Fees", "1"),
        ("Revenue:Fees", "1"),
        ("Income:fees", "1"),
        ("Income:Fees Trading", "1"),
        ("Income:Fees\n2026-01-01", "1"),
        ("Income:Fées", "1"),
        ("Income:" + "F" * 120, "1"),
        ("Income:Fees", ""),
        ("Income:Fees", "=1+1"),
        ("Income:Fees", "12345678901"),
    ):
        with pytest.raises(errors.MappingInvalid):
            name_account(actor=finance, kind=AccountKind.FEES, name=name, code=code, reason="x")
    assert list(ExportMapping.objects.values_list("name", "code")) == before


def test_periods_that_cannot_be_are_refused(books: Any) -> None:
    for since, until in ((MARCH, FEBRUARY), (FEBRUARY, FEBRUARY), (FEBRUARY, now() + timedelta(days=1))):
        with pytest.raises(errors.ExportInvalid):
            export(ExportFormat.CSV, since, until)


@pytest.mark.parametrize("role", ["finance_approver", "admin", "auditor", "support", "compliance", "crm"])
def test_others_do_not_export(role: str, books: Any) -> None:
    user = person(role)
    with pytest.raises(PermissionMissing):
        export_journals(
            actor=Actor.of(user), since=FEBRUARY, until=MARCH, format=ExportFormat.CSV, wanted=Wanted(),
        )  # fmt: skip
    browser = verified(user)
    given = {"since": "2026-02-01", "until": "2026-02-28", "format": "csv", "mode": "live"}
    assert browser.get(PAGE).status_code in (403, 404)
    assert browser.post(PAGE, given).status_code in (403, 404)


def test_the_desk_sends_a_file_and_leaves_a_trail(books: Any) -> None:
    browser = verified(person("finance"))
    assert "Liabilities:Customers:Wallets" in browser.get(PAGE).content.decode()
    given = {"since": "2026-02-01", "until": "2026-02-28", "format": "hledger", "mode": "live", "asset": ""}
    answer = browser.post(PAGE, given)
    assert (answer.status_code, answer.streaming, answer.is_async) == (200, True, True)
    assert answer["Content-Disposition"] == 'attachment; filename="journals-20260201-20260301-live.hledger"'
    trail = AuditEvent.objects.get(operation="ledger.export_journals")
    assert trail.data["format"] == "hledger"
    wrong = browser.post(PAGE, {**given, "format": "xero"})
    assert "choose an asset" in wrong.content.decode()


def test_finance_names_an_account_on_the_page(books: Any) -> None:
    browser = verified(person("finance"))
    given = {"do": "name", "kind": "fees", "name": "Income:Brokerage", "code": "8400", "reason": "chart of accounts"}
    assert browser.post(PAGE, given).status_code == 302
    assert "Income:Brokerage" in browser.get(PAGE).content.decode()
    assert "begin with a capital" in browser.post(PAGE, {**given, "name": "x"}).content.decode()
