"""The words of relations and the signs of arithmetic, the same wherever a condition is told in English."""

from typing import Final

RELATIONS: Final = {
    "gt": "is above",
    "gte": "is at or above",
    "lt": "is below",
    "lte": "is at or below",
    "eq": "equals",
    "crosses_above": "crosses above",
    "crosses_below": "crosses below",
}
SIGNS: Final = {"add": "+", "subtract": "−", "multiply": "×", "divide": "÷"}
DAYS: Final = {
    "mon": "Mondays",
    "tue": "Tuesdays",
    "wed": "Wednesdays",
    "thu": "Thursdays",
    "fri": "Fridays",
    "sat": "Saturdays",
    "sun": "Sundays",
}
