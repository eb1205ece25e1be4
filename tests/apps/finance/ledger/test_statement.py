"""Statements on pages and as files, where a balance comes from; own accounts only."""

import csv
import io
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from apps.core.clock import freeze, now
from apps.core.models import AuditEvent
from apps.finance.ledger import errors, statement_files
from apps.finance.ledger.choices import Mode
from apps.finance.ledger.models import Account
from apps.finance.ledger.operations import freeze_account
from apps.finance.ledger.pages import context
from apps.finance.ledger.statement_files import Month, month_of, months_between, period_text
from tests.apps.finance.ledger.ledger_ground import SYSTEM, D, account_of, at, deposit, fee, hold, reward, transfer

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(customer: Any, other_customer: Any) -> Account:
    with freeze(at("2026-01-10T09:30")):
        deposit(customer, "1000.5", "d1")
    with freeze(at("2026-02-10T12:00")):
        transfer(customer, other_customer, "30", "t1")
        deposit(customer, "0.00000001", "b1", asset="BTC")
    with freeze(at("2026-03-10T12:00")):
        deposit(customer, "5", "d2", effective_at=at("2026-01-20"))
        fee(customer, "0.25", "f1")
    return account_of(customer)


def text(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def base(account: Account) -> str:
    return f"/wallet/accounts/{account.pk}/"


def test_the_statement_of_a_period(web: Any, customer: Any, account: Account) -> None:
    shown = text(web(customer).get(f"{base(account)}?since=2026-02-01&until=2026-03-31"))
    assert "1 February 2026 to 31 March 2026" in shown
    assert "Opening 1,000.5 In 5 Out −30.25 Closing 975.25 3 lines" in shown
    assert "10 Mar 2026, 12:00 Deposit 20 Jan 2026 +5 975.5" in shown
    assert "10 Feb 2026, 12:00 Transfer −30 970.5" in shown


def test_kinds_and_pages_narrow_it(web: Any, customer: Any, account: Account, monkeypatch: Any) -> None:
    monkeypatch.setattr(context, "PAGE_SIZE", 1)
    whole = f"{base(account)}?since=2026-01-01&until=2026-03-31"
    only = text(web(customer).get(f"{whole}&kind=fee"))
    assert "Fee −0.25 975.25" in only
    assert "Transfer −30" not in only
    first = web(customer).get(whole).content.decode()
    older = re.search(r'href="([^"]+below=4)"', first)[1]  # type: ignore[index]
    second = text(web(customer).get(older.replace("&amp;", "&")))
    assert "+5 975.5" in second
    assert "Fee −0.25" not in second


@pytest.mark.parametrize(
    "query",
    [
        "since=x", "until=0000-00-00", "since=9999-12-31", "until=9999-12-31", "kind=theft", "below=x", "below=²",
        "since=2026-05-01&until=2026-01-01",
    ],
)  # fmt: skip
def test_what_cannot_be_read_still_shows_a_page(query: str, web: Any, customer: Any, account: Account) -> None:
    for tail in ("", "explain/"):
        assert web(customer).get(f"{base(account)}{tail}?{query}").status_code == 200
    assert web(customer).get(f"{base(account)}statement.csv?{query}").status_code == 200


def test_a_balance_is_explained_step_by_step(web: Any, customer: Any, account: Account) -> None:
    hold(customer, "20", "h1")
    hold(customer, "5.25", "h2", expires_at=now() + timedelta(days=1))
    answer = web(customer).get(f"{base(account)}explain/?since=2026-02-01&until={now():%Y-%m-%d}")
    shown = text(answer)
    for line in (
        "Balance before 1 February 2026 1,000.5",
        "Deposit, in 1 line +5",
        "Fee, out 1 line −0.25",
        "Transfer, out 1 line −30",
        "Balance now 975.25",
        "Held: withdrawal 2 reservations −25.25",
        "Available now 950",
    ):
        assert line in shown, line
    assert "kind=transfer" in answer.content.decode()
    past = text(web(customer).get(f"{base(account)}explain/?since=2026-01-01&until=2026-02-28"))
    assert "Balance at the end of 28 February 2026 970.5" in past
    assert "Available" not in past
    assert "shown for now only" in past


def test_every_figure_leads_to_its_lines(web: Any, customer: Any, account: Account) -> None:
    client = web(customer)
    html = client.get(f"{base(account)}explain/?since=2026-02-01&until=2026-03-31").content.decode()
    table = html.split("<tbody>")[1].split("</tbody>")[0]
    links = [link.replace("&amp;", "&") for link in re.findall(r'<th scope="row"><a href="([^"]+)"', table)]
    assert len(links) == 5
    for link in links:
        lines = re.findall(r'href="(/wallet/accounts/[^"]+/entries/\d+/)"', client.get(link).content.decode())
        assert lines
        assert client.get(lines[0]).status_code == 200


def test_one_line(web: Any, customer: Any, account: Account) -> None:
    shown = text(web(customer).get(f"{base(account)}entries/3/"))
    assert "Deposit +5 USDT" in shown
    assert "Before 970.5 Amount +5 After 975.5" in shown
    assert "Counts from 20 Jan 2026, 00:00:00 UTC" in shown
    for version in (9, 10**30):
        assert web(customer).get(f"{base(account)}entries/{version}/").status_code == 404


def test_a_frozen_account_says_so(web: Any, customer: Any, account: Account) -> None:
    freeze_account(actor=SYSTEM, account_id=account.pk, expected="open", reason="court")
    assert "This account is frozen" in text(web(customer).get(base(account)))


def test_the_csv_is_exact_and_adds_up(web: Any, customer: Any, account: Account) -> None:
    answer = web(customer).get(f"{base(account)}statement.csv?since=2026-02-01&until=2026-03-31")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="statement-USDT.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert [(row["kind"], row["amount"], row["balance"], row["line"]) for row in rows] == [
        ("opening", "", "1000.5", ""),
        ("transfer", "-30", "970.5", "2"),
        ("deposit", "5", "975.5", "3"),
        ("fee", "-0.25", "975.25", "4"),
        ("closing", "", "975.25", ""),
    ]
    assert D(rows[0]["balance"]) + sum(D(row["amount"]) for row in rows[1:-1]) == D(rows[-1]["balance"])


def test_the_months_and_their_files(web: Any, customer: Any, account: Account) -> None:
    with freeze(at("2026-03-15")):
        shown = text(web(customer).get("/wallet/statements/"))
    assert "March 2026 so far" in shown
    assert "January 2026" in shown
    assert "December 2025" not in shown
    assert "BTC · Wallet 0.00000001" in shown
    assert "?mode=paper" not in web(customer).get("/wallet/statements/").content.decode()
    rows = list(csv.DictReader(io.StringIO(web(customer).get("/wallet/statements/2026-02.csv").content.decode())))
    assert [(row["asset"], row["kind"], row["balance"]) for row in rows] == [
        ("BTC", "opening", "0"),
        ("BTC", "deposit", "0.00000001"),
        ("BTC", "closing", "0.00000001"),
        ("USDT", "opening", "1000.5"),
        ("USDT", "transfer", "970.5"),
        ("USDT", "closing", "970.5"),
    ]
    for wrong in ("2026-13", "2026-1", "1999-01", "abc", "202601", "²026-01"):
        assert web(customer).get(f"/wallet/statements/{wrong}.csv").status_code == 404


def test_paper_money_has_statements_of_its_own(web: Any, customer: Any, account: Account) -> None:
    with freeze(at("2026-02-20")):
        deposit(customer, "50000", "p1", mode=Mode.PAPER)
    rows = web(customer).get("/wallet/statements/2026-02.csv?mode=paper").content.decode()
    assert "50000" in rows
    assert "1000.5" not in rows
    assert "50000" not in web(customer).get("/wallet/statements/2026-02.csv").content.decode()
    assert "USDT · Wallet (paper) 50,000" in text(web(customer).get("/wallet/statements/?mode=paper"))


def test_a_new_customer_reads_what_statements_are(web: Any, customer: Any) -> None:
    assert "No statements yet" in text(web(customer).get("/wallet/statements/"))


def test_pages_are_the_owners_only(web: Any, other_customer: Any, staff: Any, account: Account) -> None:
    custody = Account.objects.get(kind="custody", asset_id="USDT")
    for client, row in ((web(other_customer), account), (web(staff), account), (web(other_customer), custody)):
        for tail in ("", "explain/", "entries/1/", "statement.csv", "statement.pdf"):
            assert client.get(f"{base(row)}{tail}").status_code == 404
    assert web(other_customer).get(f"/wallet/accounts/{uuid4()}/").status_code == 404
    for address in (base(account), "/wallet/statements/", "/wallet/statements/2026-02.csv"):
        assert web().get(address).status_code == 302
    assert "1000.5" not in web(other_customer).get("/wallet/statements/2026-02.csv").content.decode()
    assert not AuditEvent.objects.filter(operation="ledger.export_journals").exists()


def test_a_document_has_an_end(customer: Any, account: Account, monkeypatch: Any) -> None:
    monkeypatch.setattr(statement_files, "MOST_CSV_LINES", 3)
    with pytest.raises(errors.StatementTooLong):
        list(statement_files.csv_of([account], since=at("2026-01-01"), until=at("2026-04-01")))


def test_without_the_typesetter_the_page_says_so(web: Any, customer: Any, account: Account, monkeypatch: Any) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "typst", None)
    answer = web(customer).get(f"{base(account)}statement.pdf")
    assert answer.status_code == 503
    assert "PDF documents are not installed here" in text(answer)


def test_the_pdf_is_one(web: Any, customer: Any, account: Account) -> None:
    pytest.importorskip("typst")
    for address in (
        f"{base(account)}statement.pdf?since=2026-01-01&until=2026-03-31",
        "/wallet/statements/2026-02.pdf",
    ):
        answer = web(customer).get(address)
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
        assert answer.content.startswith(b"%PDF-")


def test_text_in_a_pdf_is_never_markup(customer: Any, account: Account) -> None:
    pytest.importorskip("typst")
    made = statement_files.pdf_of(
        [account],
        since=at("2026-01-01"),
        until=at("2026-04-01"),
        tenant_name='#panic("no") $x$ *b* \\ "',
        customer='#read("/etc/passwd")',
    )
    assert made.startswith(b"%PDF-")


def test_periods_and_months_in_words() -> None:
    assert period_text(at("2026-01-01"), at("2026-01-02")) == "1 January 2026"
    assert period_text(at("2026-01-01"), at("2026-02-01")) == "1 January 2026 to 31 January 2026"
    assert "08:00 to" in period_text(at("2026-01-01T08:00"), at("2026-02-01"))
    assert month_of("2026-12") == Month(2026, 12)
    assert Month(2026, 12).until == at("2027-01-01")
    assert [month.key for month in months_between(at("2025-11-30"), at("2026-02-01"), most=3)] == [
        "2026-02", "2026-01", "2025-12",
    ]  # fmt: skip


def test_the_longest_amounts_keep_every_digit(customer: Any, web: Any) -> None:
    with freeze(at("2026-01-10")):
        deposit(customer, "99999999999999.00000001", "huge", asset="BTC")
        reward(customer, "0.00000001", "dust", asset="BTC")
    account = account_of(customer, "BTC")
    rows = web(customer).get(f"{base(account)}statement.csv?since=2026-01-01&until=2026-01-31").content.decode()
    assert "99999999999999.00000002" in rows
    assert "99,999,999,999,999.00000002" in text(
        web(customer).get(f"{base(account)}?since=2026-01-01&until=2026-01-31")
    )
