"""The page of a finished back-test: figures, curves, trades, months."""

from decimal import Decimal
from typing import Any, Final

from django.urls import reverse

from apps.core.clock import from_ms
from apps.core.templatetags.ui import amount, percent, signed, signed_percent, trimmed
from apps.core.view import Chart, Curve, Figure, LegendItem, Page, Stat, level, portion, result, share
from apps.trading.backtests.curves import Sampled, deepest, sample
from apps.trading.backtests.models import BacktestRun
from apps.trading.backtests.outcome import StoredOutcome
from apps.trading.backtests.pages.rows import NONE, period, title
from apps.trading.backtests.pages.shown import BacktestPage, MonthCell, MonthRow, TradeRow, TradesPage
from apps.trading.backtests.pages.trust import trust_of
from apps.trading.backtests.shapes import scatter_of, spread_of
from kernel.instruments import INTERVALS, Side
from kernel.simulation import Trade
from kernel.strategy import Reason

DRAWN_POINTS: Final = 2_000
TRADES_ON_PAGE: Final = 10
TRADES_PER_PAGE: Final = 50
CHART_TRADES: Final = 9
CHART_BARS: Final = 500
TOO_LARGE: Final = Decimal(10) ** 12
"""A growth a year beyond this, of a lucky month, says nothing."""
REASONS: Final = {
    Reason.EXIT: "Sell rule",
    Reason.STOP_LOSS: "Stop loss",
    Reason.TAKE_PROFIT: "Take profit",
    Reason.RANGE_STOP: "Range stop",
    Reason.TRAILING_STOP: "Trailing stop",
    Reason.TIME_STOP: "Time stop",
    Reason.EXIT_RULE: "Exit rule",
}
_HEAT: Final = ((4, 1), (10, 2), (25, 3))


def places_of(step: Decimal) -> int:
    """Return the decimals of a grid step."""
    return max(0, -int(step.as_tuple().exponent))


def moment(ts: int) -> str:
    """Return an open time as tables write it."""
    at = from_ms(ts)
    return f"{at.day} {at:%b %Y, %H:%M}"


def result_page(run: BacktestRun, stored: StoredOutcome) -> BacktestPage:
    """Return the page of a finished run."""
    drawn = sample(stored.series, DRAWN_POINTS)
    base, unit = stored.spec.base, stored.spec.quote
    count = len(stored.trades)
    holding = signed_percent(stored.figure("holding_return"), 1)
    fall = signed_percent(deepest(stored.series["holding"]), 1)
    address = reverse("backtests-detail", args=[run.pk])
    chart, chart_note = _chart(run, stored)
    return BacktestPage(
        title=title(run),
        parent_url=reverse("backtests-list"),
        note=f"{run.interval} candles, {period(run)}, {amount(run.cash)} {unit}",
        repeat_url=f"{reverse('backtests-new')}?from={run.pk}",
        run_url=f"/bots/new/?version={run.version_id}&symbol={run.symbol}",
        result=share(stored.figure("total_return"), 1),
        holding_sentence=f"Holding {base} made {holding} with a worst fall of {fall}",
        equity=_equity_curve(drawn, unit),
        drawdown=_drawdown_curve(drawn, stored),
        legend=[LegendItem("own", "Strategy"), LegendItem("benchmark", "Holding")],
        metrics=_headline_metrics(stored),
        figures=[_stat(item) for item in stored.statistics.values()],
        chart=chart,
        chart_note=chart_note,
        trust=trust_of(run, stored),
        months=months_of(stored),
        trades=[trade_row(stored, place) for place in _newest(count, 0, TRADES_ON_PAGE)],
        trades_note=f"{min(count, TRADES_ON_PAGE)} of {count}" if count > TRADES_ON_PAGE else str(count),
        trades_url=f"{address}trades/" if count else "",
        quote=unit,
        spread=spread_of(stored),
        scatter=scatter_of(stored),
        report_url=f"{address}report.html",
    )


def trades_page(run: BacktestRun, stored: StoredOutcome, page: int) -> TradesPage:
    """Return the page with round trips, newest first; `page` counts from 1."""
    count, first = len(stored.trades), (page - 1) * TRADES_PER_PAGE
    places = _newest(count, first, TRADES_PER_PAGE)
    address = reverse("backtests-trades", args=[run.pk])
    last = first + len(places)
    return TradesPage(
        title="Trades",
        parent_url=reverse("backtests-detail", args=[run.pk]),
        parent_label=title(run),
        quote=stored.spec.quote,
        trades=[trade_row(stored, place) for place in places],
        page=Page(
            f"{first + 1} to {last} of {count}" if places else f"None of {count}",
            f"{address}?page={page - 1}" if page > 1 else "",
            f"{address}?page={page + 1}" if last < count and places else "",
        ),
    )


def _newest(count: int, skip: int, most: int) -> range:
    last = count - 1 - skip
    return range(last, max(last - most, -1), -1)


def trade_row(stored: StoredOutcome, place: int) -> TradeRow:
    """Return one round trip."""
    trade: Trade = stored.trades[place]
    digits = places_of(stored.spec.tick)
    return TradeRow(
        opened=moment(trade.entry_ts),
        closed=moment(trade.exit_ts),
        size=trimmed(trade.quantity),
        entry=amount(trade.entry_price, digits),
        exit=amount(trade.exit_price, digits),
        result=result(trade.profit),
        percent=result(trade.profit_percent),
        why=REASONS[trade.reason],
    )


def _equity_curve(drawn: Sampled, unit: str) -> Curve:
    data = {
        "times": [ts // 1000 for ts in drawn.ts],
        "series": [
            {"label": "Strategy", "kind": "own", "values": [f"{value:.2f}" for value in drawn.equity]},
            {"label": "Holding", "kind": "benchmark", "values": [f"{value:.2f}" for value in drawn.holding]},
        ],
        "unit": unit,
        "places": 2,
        "unseen_from": None,
    }
    words = (
        f"Equity went from {amount(drawn.equity[0])} to {amount(drawn.equity[-1])} {unit}; "
        f"holding ended at {amount(drawn.holding[-1])} {unit}."
    )
    return Curve("equity", data, words)


def _drawdown_curve(drawn: Sampled, stored: StoredOutcome) -> Curve:
    values = [f"{value:.2f}" for value in drawn.drawdown]
    data = {
        "times": [ts // 1000 for ts in drawn.ts],
        "series": [{"label": "Below the peak", "kind": "drawdown", "values": values}],
        "unit": "%",
        "places": 2,
        "unseen_from": None,
    }
    worst = percent(stored.figure("max_drawdown"), 1)
    return Curve("drawdown", data, f"The deepest fall below an earlier peak was {worst}, over {_lasted(stored)}.")


def _lasted(stored: StoredOutcome) -> str:
    bars = int(stored.figure("longest_drawdown") or 0)
    return f"{bars:,} candles at most"


def _definition(stored: StoredOutcome, name: str) -> str:
    return str(stored.statistics[name]["definition"])


def _headline_metrics(stored: StoredOutcome) -> list[Stat]:
    figure = stored.figure
    trades, rate = int(figure("trades") or 0), figure("win_rate")
    won = "No trade was closed" if rate is None else f"Won {round(trades * rate / 100)} of {trades} trades"
    fall = figure("max_drawdown")
    growth = figure("cagr")
    growth = None if growth is None or abs(growth) >= TOO_LARGE else growth
    return [
        Stat("Sharpe ratio", level(figure("sharpe")), "A year, risk-free rate 0", _definition(stored, "sharpe")),
        Stat(
            "Worst fall",
            portion(None if fall is None else -fall),
            f"Longest {_lasted(stored)}",
            _definition(stored, "max_drawdown"),
        ),
        Stat("Profit factor", level(figure("profit_factor")), won, _definition(stored, "profit_factor")),
        Stat(
            "Average win, loss",
            Figure(f"{signed(figure('average_win'))} / {signed(figure('average_loss'))}"),
            f"{stored.spec.quote}, after all costs",
            f"{_definition(stored, 'average_win')} {_definition(stored, 'average_loss')}",
        ),
        Stat(
            "Time in market",
            portion(figure("exposure"), 0),
            "" if growth is None else f"Growth {signed_percent(growth, 1)} a year",
            _definition(stored, "exposure"),
        ),
    ]


def _stat(item: dict[str, Any]) -> Stat:
    value = None if item["value"] is None else Decimal(item["value"])
    return Stat(item["title"], figure_of(value, item["unit"]), "", f"{item['definition']} Source: {item['source']}.")


def figure_of(value: Decimal | None, unit: str) -> Figure:
    """Return a figure of the statistics, written by its unit."""
    if value is None or abs(value) >= TOO_LARGE:
        return NONE
    if unit == "percent":
        return portion(value, 2)
    return level(value, {"quote": 2, "ratio": 2, "bars": 1, "count": 0}[unit])


def months_of(stored: StoredOutcome) -> list[MonthRow]:
    """Return the heat map: a row for each year, twelve cells each."""
    found = {(item["year"], item["month"]): Decimal(item["percent"]) for item in stored.row.months}
    years = sorted({year for year, _ in found})
    return [MonthRow(str(year), [_cell(found.get((year, month))) for month in range(1, 13)]) for year in years]


def _cell(value: Decimal | None) -> MonthCell:
    if value is None:
        return MonthCell()
    whole = round(value)
    if whole == 0:
        return MonthCell("0", "0")
    size = next((number for bound, number in _HEAT if abs(whole) < bound), 4)
    return MonthCell(signed(whole, 0).removeprefix("+"), f"{'up' if whole > 0 else 'down'}-{size}")


def _chart(run: BacktestRun, stored: StoredOutcome) -> tuple[Chart, str]:
    """The last trades that fit into one chart of candles."""
    fills, count = stored.fills, len(stored.trades)
    step = INTERVALS[run.interval]
    last_ts = int(stored.facts["last_ts"])
    end = min(last_ts, int(fills.ts[-1]) + 20 * step) if len(fills) else last_ts
    first = end - CHART_BARS * step
    places = [place for place in range(len(fills)) if int(fills.ts[place]) >= first][-2 * CHART_TRADES :]
    marks = [_mark(stored, place) for place in places]
    opened = int(fills.ts[places[0]]) if places else end - 120 * step
    limit = min(CHART_BARS, max(60, (end - opened) // step + 20))
    shown = sum(1 for place in places if not fills.buys[place])
    words = f"last {shown} of {count}" if count else "no trade was closed"
    chart = Chart(
        symbol=run.symbol,
        interval=run.interval,
        limit=limit,
        places=places_of(stored.spec.tick),
        summary=f"{run.symbol} with the {words} trades." if count else f"{run.symbol}, {words}.",
        quiet=True,
        to=end,
        marks=marks,
    )
    return chart, words


def _mark(stored: StoredOutcome, place: int) -> dict[str, Any]:
    fill = stored.fills[place]
    if fill.side is Side.BUY:
        return {"ts": fill.ts, "side": "buy", "text": ""}
    # Each sale ends a trade.
    gained = stored.trades[int((~stored.fills.buys[:place]).sum())].profit_percent
    tone = "down" if gained < 0 else "up"
    return {"ts": fill.ts, "side": "sell", "text": signed_percent(gained, 1), "tone": tone}
