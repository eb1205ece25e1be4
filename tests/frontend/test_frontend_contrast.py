"""Every text and background pair of the colour tokens keeps 4.5:1 in both themes, read from the style sheet itself."""

import re
from itertools import product

import pytest

from tests.frontend.rendering import STATIC

PAIR = re.compile(r"--([\w-]+):\s*light-dark\((#[0-9A-F]{6}),\s*(#[0-9A-F]{6})\)")
MEANINGS = ["accent", "teal", "vermilion", "warn", "danger", "live"]
GROUNDS = ["n1", "n2", "n3", "n4"]


def tokens() -> dict[str, tuple[str, str]]:
    """Token → (light, dark)."""
    text = (STATIC / "css" / "tokens.css").read_text(encoding="utf-8")
    return {name: (light, dark) for name, light, dark in PAIR.findall(text)}


def luminance(colour: str) -> float:
    """Relative luminance of #RRGGBB, 0 to 1. Source: WCAG 2.1, definition of relative luminance."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio, 1 to 21. Source: WCAG 2.1, definition of contrast ratio."""
    light, dark = sorted([luminance(one), luminance(other)], reverse=True)
    return (light + 0.05) / (dark + 0.05)


def text_pairs() -> list[tuple[str, str]]:
    """(text, background) by token name; white stands for text on a fill."""
    pairs = list(product(["n12", "n11"], [*GROUNDS, "n5"]))
    pairs += product(["n10"], ["n1", "n2", "n3"])
    for name in MEANINGS:
        pairs += product([f"{name}-text"], [*GROUNDS, f"{name}-soft"])
        pairs += product(["n11", "n12"], [f"{name}-soft"])
    fills = ["accent", "accent-hover", "teal", "vermilion", "danger", "live"]
    return [*pairs, *(("white", fill) for fill in fills), ("on-warn", "warn")]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_reaches_the_contrast_it_needs(theme: int) -> None:
    values = {name: pair[theme] for name, pair in tokens().items()} | {"white": "#FFFFFF"}
    ratios = {(text, ground): contrast(values[text], values[ground]) for text, ground in text_pairs()}
    assert len(ratios) >= 60
    assert {pair: round(ratio, 2) for pair, ratio in ratios.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_drawn_marks_and_lines_reach_three_to_one(theme: int) -> None:
    values = {name: pair[theme] for name, pair in tokens().items()}
    for mark in ("teal-mark", "vermilion-mark", "n9"):
        assert contrast(values[mark], values["n2"]) >= 3, mark


def test_known_ratios_are_computed() -> None:
    assert contrast("#FFFFFF", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.478, abs=0.001)


def test_the_sheets_name_no_colour_outside_the_tokens() -> None:
    """One written in place would escape the check above; black and white of print sheet and QR code aside."""
    found = {}
    for sheet in sorted((STATIC / "css").glob("*.css")):
        if sheet.name != "tokens.css":
            odd = set(re.findall(r"#[0-9a-fA-F]{3,8}\b", sheet.read_text(encoding="utf-8"))) - {"#fff", "#000"}
            found.update({sheet.name: odd} if odd else {})
    assert found == {}
