"""Writes empyrical_values.json anew: what empyrical-reloaded says about two daily curves.

It needs an environment of its own, because empyrical drags SciPy and pandas:
    python3 -m venv /tmp/oracle && /tmp/oracle/bin/pip install empyrical-reloaded==0.7.1
    /tmp/oracle/bin/python tests/kernel/record_empyrical.py PATH/BTCUSDT_5m_2024.npz
"""

import json
import sys
from pathlib import Path

import numpy as np

YEAR = 365
TARGET = Path(__file__).with_name("empyrical_values.json")


def walk(count=900):
    """Return a made-up equity curve in 10^-8 quote, the same whole numbers everywhere."""
    state, value, curve = 12345, 10**12, []
    for _ in range(count):
        curve.append(value)
        state = (1103515245 * state + 12345) % 2**31
        value += value * ((state >> 8) % 2001 - 985) // 40_000
    return curve


def daily_closes(path):
    """Return the last close of each UTC day, in ticks."""
    with np.load(path) as data:
        ts, close = data["ts"], data["close"]
    ends = np.flatnonzero(np.diff(ts // 86_400_000, append=-1))
    return [int(value) for value in close[ends]]


def measured(curve):
    """Return empyrical's figures of a curve."""
    import empyrical  # type: ignore[import-not-found,unused-ignore]  # in an environment of its own

    values = np.array(curve, dtype=np.float64)
    returns = values[1:] / values[:-1] - 1
    return {
        "cagr": empyrical.cagr(returns, annualization=YEAR),
        "volatility": empyrical.annual_volatility(returns, annualization=YEAR),
        "sharpe": empyrical.sharpe_ratio(returns, annualization=YEAR),
        "sortino": empyrical.sortino_ratio(returns, annualization=YEAR),
        "calmar": empyrical.calmar_ratio(returns, annualization=YEAR),
        "omega": empyrical.omega_ratio(returns, annualization=YEAR),
        "max_drawdown": -empyrical.max_drawdown(returns),
        "value_at_risk": empyrical.value_at_risk(returns, 0.05),
        "expected_shortfall": empyrical.conditional_value_at_risk(returns, 0.05),
        "tail_ratio": empyrical.tail_ratio(returns),
        "total_return": empyrical.cum_returns_final(returns),
    }


if __name__ == "__main__":
    curves = {"walk": walk(), "bitcoin": daily_closes(sys.argv[1])}
    found = {name: {key: float(value) for key, value in measured(curve).items()} for name, curve in curves.items()}
    TARGET.write_text(json.dumps(found, indent=1) + "\n")
