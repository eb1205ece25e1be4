"""The figures of a back-test: what each is called, how it is formed and where that comes from. One list for all."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Definition:
    """One figure. `unit` is percent, ratio, quote, bars or count; `definition` is its formula in words."""

    name: str
    title: str
    unit: str
    definition: str
    source: str


_PLAIN: Final = "arithmetic"
_GIPS: Final = "CFA Institute, Global Investment Performance Standards 2020, geometric linking"
_HULL: Final = "J. Hull, Options, Futures, and Other Derivatives, chapter on volatility estimation (simple returns)"
_SHARPE: Final = "W. F. Sharpe, The Sharpe Ratio, Journal of Portfolio Management 21(1), 1994"
_LO: Final = "A. W. Lo, The Statistics of Sharpe Ratios, Financial Analysts Journal 58(4), 2002, first-order case"
_BAILEY: Final = "D. Bailey and M. López de Prado, The Sharpe Ratio Efficient Frontier, Journal of Risk 15(2), 2012"
_SORTINO: Final = "F. Sortino and R. van der Meer, Downside Risk, J. of Portfolio Management 17(4), 1991; target zero"
_CALMAR: Final = "T. W. Young, Calmar Ratio: A Smoother Tool, Futures 20(1), 1991 (there over 36 months)"
_OMEGA: Final = "C. Keating and W. Shadwick, A Universal Performance Measure, 2002; threshold zero"
_ULCER: Final = "P. Martin and B. McCann, The Investor's Guide to Fidelity Funds, 1989"
_FALL: Final = "M. Magdon-Ismail and A. Atiya, Maximum Drawdown, Risk 17(10), 2004"
_RISK: Final = "P. Jorion, Value at Risk, historical simulation"
_TAIL: Final = "C. Acerbi and D. Tasche, On the Coherence of Expected Shortfall, J. of Banking and Finance 26(7), 2002"
_THARP: Final = "V. Tharp, The Definitive Guide to Position Sizing, 2008"
_SWEENEY: Final = "J. Sweeney, Maximum Adverse Excursion, 1997"

DEFINITIONS: Final = tuple(
    Definition(*texts)
    for texts in (
        ("total_return", "Total return", "percent", "Equity at the last close against the initial cash.", _PLAIN),
        (
            "holding_return", "Buy and hold", "percent",
            "What the same cash would have made, bought in at the first possible open with the same costs, and held.",
            _PLAIN,
        ),
        (
            "excess_return", "Against holding", "percent",
            "Total return minus what holding made: percentage points.", _PLAIN,
        ),
        (
            "bitcoin_return", "Bitcoin held", "percent",
            "What Bitcoin made from the first close of the run to the last, without costs. "
            "Not defined where its candles are not recorded.",
            _PLAIN,
        ),
        ("profit", "Profit", "quote", "Equity at the last close minus the initial cash, after all fees.", _PLAIN),
        (
            "cagr", "Growth a year (CAGR)", "percent",
            "The steady yearly growth that leads to the same final equity: "
            "growth^(365 days ÷ time from the first close to the last) − 1.",
            _GIPS,
        ),
        (
            "volatility", "Volatility", "percent",
            "Sample standard deviation of the returns from bar to bar, times √(bars a year).", _HULL,
        ),
        (
            "sharpe", "Sharpe ratio", "ratio",
            "Mean return of a bar ÷ its standard deviation, times √(bars a year); the risk-free rate is taken as zero.",
            _SHARPE,
        ),
        (
            "sharpe_adjusted", "Sharpe ratio, adjusted", "ratio",
            "The Sharpe ratio when each return leans on the one before (correlation ρ): the ratio of a bar times "
            "√(q ÷ (1 + 2ρ ÷ (1 − ρ) × (1 − (1 − ρ^q) ÷ (q (1 − ρ))))), q bars a year.",
            _LO,
        ),
        (
            "sharpe_probability", "Sharpe above zero", "percent",
            "How probable a true Sharpe ratio above zero is, given the number of bars, the skewness and the kurtosis "
            "of their returns: Φ(SR √(n − 1) ÷ √(1 − skewness SR + (kurtosis − 1) ÷ 4 SR²)).",
            _BAILEY,
        ),
        (
            "sortino", "Sortino ratio", "ratio",
            "Mean return of a bar ÷ root of the mean square of negative returns (all bars counted), "
            "times √(bars a year).",
            _SORTINO,
        ),
        ("calmar", "Calmar ratio", "ratio", "Growth a year ÷ maximum drawdown over the whole run.", _CALMAR),
        (
            "omega", "Omega ratio", "ratio",
            "Sum of the positive returns from bar to bar ÷ sum of the negative ones, as sizes.", _OMEGA,
        ),
        (
            "ulcer", "Ulcer index", "percent",
            "Root of the mean square of the fall below the highest equity so far, over all bars.", _ULCER,
        ),
        (
            "max_drawdown", "Maximum drawdown", "percent",
            "The deepest fall of the equity at closes from an earlier peak, as a share of that peak.", _FALL,
        ),
        (
            "drawdown_bars", "Fall of the maximum drawdown", "bars",
            "Bars from the peak to the bottom of the deepest fall.", _FALL,
        ),
        (
            "recovery_bars", "Recovery from it", "bars",
            "Bars from that bottom until the peak was reached again. Not defined while it was not.", _FALL,
        ),
        (
            "longest_drawdown", "Longest drawdown", "bars",
            "The most bars in a row below an earlier peak of equity.", _PLAIN,
        ),
        (
            "value_at_risk", "Value at risk, a day", "percent",
            "The return of a UTC day that 5 % of the days fell short of (5th percentile of the daily returns).", _RISK,
        ),
        (
            "expected_shortfall", "Expected shortfall, a day", "percent",
            "Mean return of the worst 5 % of the UTC days.", _TAIL,
        ),
        (
            "tail_ratio", "Tail ratio", "ratio",
            "95th percentile of the daily returns ÷ their 5th, as sizes.", "empyrical, tail_ratio",
        ),
        ("trades", "Closed trades", "count", "Round trips; a position still open at the end is not one.", _PLAIN),
        ("win_rate", "Win rate", "percent", "Share of closed trades with a profit after fees.", _PLAIN),
        ("profit_factor", "Profit factor", "ratio", "Sum of all gains ÷ sum of all losses of closed trades.", _PLAIN),
        ("average_win", "Average win", "quote", "Mean profit of the winning trades.", _PLAIN),
        ("average_loss", "Average loss", "quote", "Mean loss of the losing trades (negative).", _PLAIN),
        ("expectancy", "Expectancy", "quote", "Mean profit of all closed trades.", _PLAIN),
        (
            "expectancy_ratio", "Expectancy a loss", "ratio",
            "Expectancy ÷ average loss as a size: what a trade made for each unit that was lost when it lost.", _THARP,
        ),
        (
            "system_quality", "System quality number", "ratio",
            "√(closed trades) × mean result of a trade in percent of its cost ÷ its sample standard deviation.",
            _THARP,
        ),
        ("best_trade", "Best trade", "quote", "The largest profit of one trade.", _PLAIN),
        ("worst_trade", "Worst trade", "quote", "The smallest profit (largest loss) of one trade.", _PLAIN),
        (
            "favourable_excursion", "Best moment of a trade", "percent",
            "Mean, over closed trades, of how far the price rose above the entry while it was held (MFE).", _SWEENEY,
        ),
        (
            "adverse_excursion", "Worst moment of a trade", "percent",
            "Mean, over closed trades, of how far the price fell below the entry while it was held (MAE), negative.",
            _SWEENEY,
        ),
        ("average_bars_held", "Average holding time", "bars", "Mean number of bars from entry to exit.", _PLAIN),
        ("exposure", "Exposure", "percent", "Share of bars that ended with a position.", _PLAIN),
        ("fees", "Fees", "quote", "All fees paid.", _PLAIN),
        ("turnover", "Turnover", "ratio", "Value of all fills ÷ mean equity.", _PLAIN),
    )
)  # fmt: skip
