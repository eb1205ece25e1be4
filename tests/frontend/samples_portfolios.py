"""Sample contexts of portfolios, journal and calendar."""

from typing import Any

from apps.core.view import Choice, Curve, Fact, Figure, LegendItem, Stat, State
from tests.frontend.sample_series import DAY, START, walk
from tests.frontend.samples_shell import shell, text_field

LIVE = State("good", "Live prices, oldest price 2 s ago")
MODES = [("paper", "Paper"), ("live", "Live")]


def portfolios() -> dict[str, Any]:
    rows = [
        {
            "name": "All paper books",
            "url": "/portfolios/1/",
            "mode": "paper",
            "value": "49,258.01",
            "unit": "USDT",
            "day": Figure("−239.24", "down"),
            "result": Figure("+5,048.01", "up"),
            "state": LIVE,
            "books": 4,
        },
        {
            "name": "Long term, with a rather long name",
            "url": "/portfolios/2/",
            "mode": "live",
            "value": "no price",
            "unit": "",
            "day": None,
            "result": None,
            "state": State("warn", "No price for XLM: the whole is not known"),
            "books": 1,
        },
    ]
    form = {
        "name": text_field("name", "Name of a new portfolio"),
        "mode": text_field("mode", "For which money", kind="select", choices=MODES),
    }
    page = {
        "note": "2 portfolios",
        "rows": rows,
        "form": form,
        "errors": [],
        "url": "/portfolios/",
        "has_account": True,
    }
    return {"shell": shell("portfolios"), "page": page}


def portfolios_empty() -> dict[str, Any]:
    context = portfolios()
    return {**context, "page": {**context["page"], "rows": [], "has_account": False, "note": ""}}


def portfolio_curve() -> Curve:
    times = [START + at * DAY // 4 for at in range(120)]
    series = [
        {"label": "Core", "kind": "own", "values": walk(5, 120, start=10, swing=0.02, drift=0.002)},
        {"label": "Holding BTCUSDT", "kind": "benchmark", "values": walk(9, 120, start=10, swing=0.03, drift=0.002)},
    ]
    data: dict[str, object] = {"times": times, "series": series, "unit": "%", "places": 2}
    return Curve(
        "portfolio-curve",
        data,
        "Change of one share in percent over a month: +8.40 %. The value went from 10,000.00 to 10,840.00 USDT.",
    )


ASSET = ("asset", "quantity", "price", "source", "worth", "share", "percent")


def portfolio_figures() -> dict[str, Any]:
    return {
        "name": "Core",
        "url": "/portfolios/2/",
        "mode": "paper",
        "unit": "USDT",
        "value": "10,840.00",
        "day": Figure("+32.10 (+0.30 %) since 1 Jun 2026, 14:03 UTC", "up"),
        "state": LIVE,
        "stats": [
            Stat("Result", Figure("+840.00", "up"), "USDT, value less what came in"),
            Stat("Realised", Figure("+512.40", "up"), "USDT, by average cost"),
            Stat("Unrealised", Figure("+327.60", "up"), "USDT, at present prices"),
            Stat("Fees", Figure("12.48"), "USDT"),
            Stat("Came in, net", Figure("10,000.00"), "USDT"),
        ],
        "ranges": [Choice(name, f"?range={name}", name == "1M") for name in ("1D", "1W", "1M", "1Y", "All")],
        "curve": portfolio_curve(),
        "legend": [
            LegendItem("own", "Core", Figure("+8.40 %", "up")),
            LegendItem("benchmark", "Holding BTCUSDT", Figure("+11.20 %", "up")),
        ],
        "measures": [
            Stat(
                "Time-weighted return",
                Figure("+8.40 %", "up"),
                "since 2 May 2026, 14:03 UTC",
                "What one share of the portfolio gained.",
            ),
            Stat("Worst fall", Figure("3.20 %"), "", "The deepest drop from a high to the lowest value after it."),
        ],
    }


def portfolio_parts() -> dict[str, Any]:
    flow_form = {
        "way": text_field(
            "way", "What to do", kind="select", choices=[("in", "Assign to it"), ("out", "Take out of it")]
        ),
        "quantity": text_field("quantity", "Amount"),
        "asset": text_field("asset", "Asset", value="USDT"),
        "note": text_field("note", "Note", required=False),
    }
    return {
        "books": [{"id": "b1", "name": "Main · manual", "venue": "Sandbox exchange", "can_leave": True}],
        "flows": [
            {
                "time": "2 May 2026, 14:03 UTC",
                "what": "Money assigned",
                "asset": "10,000 USDT",
                "amount": Figure("+10,000.00", "up"),
                "note": "start",
            }
        ],
        "is_default": False,
        "book_form": {"book_id": text_field("book_id", "Book", kind="select", choices=[("b2", "Main · bot")])},
        "flow_form": flow_form,
        "name_form": {"name": text_field("name", "Name", value="Core")},
        "benchmark_form": {
            "benchmark": text_field(
                "benchmark",
                "Compare with",
                kind="select",
                choices=[("", "Nothing"), ("BTCUSDT", "Holding BTC/USDT")],
                required=False,
            )
        },
        "errors": [],
    }


def portfolio() -> dict[str, Any]:
    assets = [
        ("USDT", "8,740.25", "1", "the currency itself", "8,740.25", "80.6 %", 80),
        ("BTC", "0.02", "104,063.2", "live quote, 2 s ago", "2,081.26", "19.2 %", 19),
        ("XLM", "120", "no price", "no quote and no stored candle", "no price", "–", 0),
    ]
    page = {
        **portfolio_figures(),
        "assets": [dict(zip(ASSET, row, strict=True)) for row in assets],
        **portfolio_parts(),
    }
    return {"shell": shell("portfolios"), "page": page}


def portfolio_new() -> dict[str, Any]:
    context = portfolio()
    page = {
        **context["page"],
        "curve": None,
        "assets": [],
        "books": [],
        "flows": [],
        "measures": [],
        "legend": [],
        "day": None,
        "value": "no price",
        "errors": ["No price is known for XLM. Try again once there is one."],
    }
    return {"shell": shell("portfolios", mode="live"), "page": {**page, "mode": "live"}}


def cell(at: int, period: str) -> dict[str, Any]:
    amounts = ("", "+1,204.55", "−88.20", "+3.10", "", "−1,560.00", "+412.00")
    levels = ("", "up-4", "down-1", "up-1", "", "down-4", "up-2")
    return {
        "name": str(at + 1) if period == "month" else f"{at:02}:00 +02:00",
        "title": f"2026-06-{at + 1:02}: 4 fills",
        "text": amounts[at % 7],
        "level": levels[at % 7],
        "url": f"/calendar/?at=2026-06-{at + 1:02}" if period == "month" else "",
        "fills": 4,
        "is_blank": False,
    }


def calendar(period: str = "month") -> dict[str, Any]:
    blank = {"name": "", "title": "", "text": "", "level": "", "url": "", "fills": 0, "is_blank": True}
    cells = [blank, blank] + [cell(at, period) for at in range(30)] if period == "month" else []
    cells = cells or [cell(at, period) for at in range(25)]
    width = 7 if period == "month" else 4
    page = {
        "title": "June 2026" if period == "month" else "Sunday 25 October 2026",
        "period": period,
        "weekdays": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun") if period == "month" else (),
        "rows": [cells[at : at + width] for at in range(0, len(cells), width)],
        "total": Figure("+512.40", "up"),
        "asset": "USDT",
        "note": "48 fills, realised by FIFO less fees",
        "views": [Choice(name, "?at=2026-06", name.lower() == period) for name in ("Year", "Month", "Day")],
        "assets": [Choice("USDT", "?asset=USDT", True), Choice("BTC", "?asset=BTC")],
        "portfolios": [Choice("All", "/calendar/", True), Choice("Core", "?portfolio=2")],
        "previous_url": "?at=2026-05",
        "next_url": "?at=2026-07",
        "zone": "Europe/Berlin",
        "zone_form": {"zone": text_field("zone", "Your time zone", kind="select", choices=[("UTC", "UTC")])},
        "url": "/calendar/?at=2026-06",
    }
    return {"shell": shell("portfolios"), "page": page}


def note_row() -> dict[str, Any]:
    picture = {"id": "p1", "url": "/static/img/favicon.svg", "label": "Chart at the entry"}
    return {
        "id": "n1",
        "url": "/journal/n1/",
        "title": "Bought the retest",
        "text": "Waited for the second close above.\nToo large for the stop.",
        "day": "2 Jun 2026",
        "about": "Trade",
        "about_url": "/orders/1/",
        "symbol": "BTCUSDT",
        "tags": ["breakout", "size"],
        "pictures": [picture],
    }


def journal() -> dict[str, Any]:
    about = [("", "Everything"), ("order", "Trade")]
    page = {
        "note": "1 note",
        "entries": [note_row()],
        "tags": [Choice("#breakout", "?tag=breakout", True), Choice("#size", "?tag=size")],
        "search_form": {
            "search": text_field("search", "Search", required=False),
            "about": text_field("about", "About", kind="select", choices=about, required=False),
            "symbol": text_field("symbol", "Market", required=False),
            "since": text_field("since", "From", kind="date", required=False),
            "until": text_field("until", "To", kind="date", required=False),
        },
        "form": {
            "title": text_field("title", "Title"),
            "text": text_field("text", "Note", required=False),
            "tags": text_field("tags", "Tags", required=False),
            "day": text_field("day", "Day", kind="date"),
        },
        "about_text": "About the trade you came from",
        "about": "order",
        "about_id": "o1",
        "errors": [],
        "url": "/journal/",
        "entry": None,
    }
    return {"shell": shell("portfolios"), "page": page}


def journal_empty() -> dict[str, Any]:
    context = journal()
    page = {**context["page"], "entries": [], "tags": [], "note": "", "about_text": ""}
    return {**context, "page": {**page, "errors": ["A note needs a title of 1 to 120 signs."]}}


def journal_entry() -> dict[str, Any]:
    context = journal()
    return {**context, "page": {**context["page"], "entry": note_row(), "entries": [], "about_text": ""}}


def plan_line(number: int, side: str, what: str, state: State, **more: str) -> dict[str, Any]:
    facts = {"worth": "1,204.55", "fee": "1.20", "reason": "", "order_url": "", **more}
    return {"number": number, "side": side, "what": what, "state": state, **facts}


def rebalance() -> dict[str, Any]:
    drift = [
        ("BTC", "40.00 %", "46.20 %", Figure("+6.20 %", "up")),
        ("ETH", "20.00 %", "14.10 %", Figure("−5.90 %", "down")),
    ]
    lines = [
        plan_line(1, "sell", "0.0064 BTC", State("good", "Ordered"), order_url="/orders/1/"),
        plan_line(2, "buy", "0.25 ETH", State("wait", "Waiting")),
        plan_line(3, "buy", "0 XLM", State("warn", "Not possible"), reason="no price is known", worth="no price"),
    ]
    plan = {
        "id": "p1",
        "state": State("good", "Running"),
        "facts": [Fact("Worked out", "2 Jun 2026, 14:03 UTC"), Fact("Fees, estimated", "1.92 USDT")],
        "lines": lines,
        "can_start": True,
        "can_cancel": True,
    }
    page = {
        "name": "Core",
        "url": "/portfolios/2/rebalance/",
        "parent_url": "/portfolios/2/",
        "mode": "paper",
        "unit": "USDT",
        "idempotency_key": "k1",
        "rows": [dict(zip(("asset", "target", "actual", "drift"), row, strict=True)) for row in drift],
        "form": {
            "non_field_errors": [],
            "targets": text_field("targets", "Target weights, %", value="BTC 40\nETH 20", required=False),
        },
        "plan": plan,
        "errors": [],
    }
    return {"shell": shell("portfolios"), "page": page}


def rebalance_new() -> dict[str, Any]:
    context = rebalance()
    page = {**context["page"], "rows": [], "plan": None, "mode": "live", "errors": ["No price is known for XLM."]}
    return {"shell": shell("portfolios", mode="live"), "page": page}


def schedule(*, live: bool = False) -> dict[str, Any]:
    every = [("day", "Every day"), ("week", "Every week"), ("month", "Every month")]
    form = {
        "every": text_field("every", "How often", kind="select", choices=every, value="week"),
        "day": text_field("day", "Day", required=False, value="5", help_text="Of the week, 1 is Monday."),
        "hour": text_field("hour", "Hour", value="25", errors=["Ensure this value is less than or equal to 23."]),
        "band": text_field("band", "Only if an asset is off its target by", value="2.5"),
        "most_worth": text_field("most_worth", "Worth of a run at most", required=False),
    }
    facts = [
        Fact("How often", "Every week, Friday at 18:00, Europe/Berlin"),
        Fact("Weights", "BTC 40 %, ETH 20 %"),
        Fact("Only if off by", "2.5 points"),
        Fact("Last look", "1 Jun 2024, 18:00: Nothing was 2.5 points or more off its target."),
    ]
    page = {
        "name": "Long term, with a rather long name",
        "url": "/portfolios/2/schedule/",
        "parent_url": "/portfolios/2/rebalance/",
        "mode": "live" if live else "paper",
        "unit": "USDT",
        "zone": "Europe/Berlin",
        "state": None if live else State("good", "Next look: Fri 7 Jun 2024, 18:00"),
        "facts": facts,
        "plan_url": "/portfolios/2/rebalance/",
        "is_paused": False,
        "form": form,
        "errors": ["This schedule cannot be kept: real money needs a bound."] if live else [],
    }
    return {"shell": shell("portfolios", mode="live" if live else "paper"), "page": page}


def result_alerts(*, empty: bool = False) -> dict[str, Any]:
    names = ("id", "name", "bound", "today", "told")
    rows = [
        ("1", "All paper books", "± 500 USDT", Figure("−239.24", "down"), "gain on 1 Jun 2024"),
        ("2", "A bot with a name that somebody made far too long", "± 9.5 USDT", Figure("not known yet"), ""),
    ]
    subjects = [("portfolio:1", "All paper books"), ("book:1", "Bot Trend, realised")]
    form = {
        "subject": text_field("subject", "Result of", kind="select", choices=subjects, value="portfolio:1"),
        "bound": text_field("bound", "Tell me beyond", help_text="Counts both ways, as a gain and as a loss."),
    }
    listed = [] if empty else [dict(zip(names, row, strict=True)) for row in rows]
    page = {"rows": listed, "zone": "Europe/Berlin", "form": form, "errors": [], "url": "/portfolios/alerts/"}
    return {"shell": shell("portfolios"), "page": page}


def webhook(*, empty: bool = False) -> dict[str, Any]:
    names = ("day", "state", "note")
    rows = [
        ("2 Jun 2024", State("wait", "Waiting"), "tried 2 times: it answered 500"),
        ("1 Jun 2024", State("good", "Delivered"), "tried 1 time"),
        ("31 May 2024", State("danger", "Given up"), "tried 8 times: hooks.example.com did not answer"),
    ]
    page = {
        "url": "" if empty else "https://hooks.example.com/results/of/a/long/path/that/goes/on/and/on",
        "next_day": "3 Jun 2024",
        "is_paused": False,
        "secret": "" if empty else "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr",
        "rows": [] if empty else [dict(zip(names, row, strict=True)) for row in rows],
        "form": {"url": text_field("url", "Address", help_text="https only. A new secret is made each time.")},
        "errors": [],
        "action_url": "/portfolios/webhook/",
    }
    return {"shell": shell("portfolios"), "page": page}


PORTFOLIO_PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "portfolios": ("trading/portfolios/list.html", portfolios()),
    "portfolios-empty": ("trading/portfolios/list.html", portfolios_empty()),
    "portfolio": ("trading/portfolios/detail.html", portfolio()),
    "portfolio-new": ("trading/portfolios/detail.html", portfolio_new()),
    "calendar": ("trading/portfolios/calendar.html", calendar()),
    "calendar-day": ("trading/portfolios/calendar.html", calendar("day")),
    "journal": ("trading/portfolios/journal.html", journal()),
    "journal-empty": ("trading/portfolios/journal.html", journal_empty()),
    "journal-entry": ("trading/portfolios/journal.html", journal_entry()),
    "rebalance": ("trading/portfolios/rebalance.html", rebalance()),
    "rebalance-new": ("trading/portfolios/rebalance.html", rebalance_new()),
    "schedule": ("trading/portfolios/schedule.html", schedule()),
    "schedule-new": ("trading/portfolios/schedule.html", schedule(live=True)),
    "result-alerts": ("trading/portfolios/alerts.html", result_alerts()),
    "result-alerts-empty": ("trading/portfolios/alerts.html", result_alerts(empty=True)),
    "result-webhook": ("trading/portfolios/webhook.html", webhook()),
    "result-webhook-empty": ("trading/portfolios/webhook.html", webhook(empty=True)),
}
