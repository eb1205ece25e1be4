"""The builder's form says the same as the document, both ways, and puts each fault where it was typed."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.trading.strategies.pages.forms import DocumentForm, StrategyForm
from apps.trading.strategies.pages.rules import RuleGroup
from apps.trading.strategies.wording import changes, sentence, spelled_out
from kernel.indicators import INDICATORS
from kernel.instruments import INTERVALS
from kernel.strategy import EXAMPLES, MARKET, InvalidDocumentError, StrategyDocument, parse_document

FIELDS = list(MARKET.fields)


def typed(form: DocumentForm) -> dict[str, str]:
    """What a browser sends back when the page is submitted as it stands."""
    post = {name: str(form.fields.initial[name]) for name in form.fields.fields}
    for group in (form.entry, form.exit):
        post |= {f"{group.name}-mode": group.mode, f"{group.name}-join": group.join}
        post |= {f"{group.name}-total": str(len(group.rules)), f"{group.name}-json": group.text}
        for rule in group.rules:
            base = f"{group.name}-{rule.index}"
            post[f"{base}-operator"] = rule.operator
            for side, operand in (("left", rule.left), ("right", rule.right)):
                prefix = f"{base}-{side}"
                post |= {prefix: operand.kind, f"{prefix}_params": operand.params}
                post |= {f"{prefix}_source": operand.source, f"{prefix}_shift": operand.shift}
    return post


def round_trip(document: StrategyDocument) -> StrategyDocument | None:
    found, _ = DocumentForm.read(typed(DocumentForm.of(document)), document.timeframe).document()
    return found


@st.composite
def operands(draw: Any) -> dict[str, Any]:
    shift = draw(st.integers(0, 5))
    if draw(st.booleans()):
        return {"kind": "price", "field": draw(st.sampled_from(FIELDS)), "shift": shift}
    definition = draw(st.sampled_from(list(INDICATORS.values())))
    outputs = [output.name for output in definition.outputs]
    params: dict[str, Any] = {item.name: str(item.default) for item in definition.parameters}
    if "period" in params:
        params["period"] = draw(st.integers(2, 200))
    return {
        "kind": "indicator",
        "name": definition.name,
        "params": params,
        "output": draw(st.sampled_from(outputs)) if len(outputs) > 1 else None,
        "source": draw(st.sampled_from([None, *FIELDS])) if definition.takes_source else None,
        "shift": shift,
    }


@st.composite
def conditions(draw: Any, depth: int = 2) -> dict[str, Any]:
    choice = draw(st.integers(0, 3 if depth else 0))
    if choice <= 1:
        kind = draw(st.sampled_from(["gt", "gte", "lt", "lte", "eq", "crosses_above", "crosses_below"]))
        left = draw(operands())
        constant = {"kind": "constant", "value": str(draw(st.decimals(0, 9999, places=3)))}
        right = draw(st.one_of(st.just(constant), operands()))
        return {"kind": kind, "left": left, "right": right}
    if choice == 2:
        parts = draw(st.lists(conditions(depth - 1), min_size=2, max_size=3))
        return {"kind": draw(st.sampled_from(["and", "or"])), "conditions": parts}
    return {"kind": "not", "condition": draw(conditions(depth - 1))}


@st.composite
def documents(draw: Any) -> StrategyDocument | None:
    sizing = draw(
        st.sampled_from(
            [
                {"kind": "percent_equity", "percent": "12.5"},
                {"kind": "fixed_quote", "amount": "1000"},
                {"kind": "fixed_quantity", "quantity": "0.01"},
            ]
        )
    )
    try:
        return parse_document(
            {
                "name": draw(st.text("abc äß€", min_size=1, max_size=20).map(str.strip).filter(bool)),
                "timeframe": draw(st.sampled_from(list(INTERVALS))),
                "entry": draw(conditions()),
                "exit": draw(conditions()),
                "sizing": sizing,
                "stop_loss_percent": draw(st.sampled_from([None, "2.5"])),
                "take_profit_percent": draw(st.sampled_from([None, "10"])),
            }
        )
    except InvalidDocumentError:  # units that do not fit
        return None


@settings(max_examples=150, deadline=None)
@given(documents())
def test_a_document_with_its_defaults_written_down_comes_back_identical(document: StrategyDocument | None) -> None:
    if document is None:
        return
    whole = spelled_out(document)
    found = round_trip(whole)
    assert found is not None
    assert found.canonical_json() == whole.canonical_json()
    assert spelled_out(document) == spelled_out(round_trip(document) or whole)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda item: item.key)
def test_examples_of_the_gallery_come_back_with_the_same_meaning(example: Any) -> None:
    found = round_trip(example.document)
    assert found is not None
    assert spelled_out(found).digest() == spelled_out(example.document).digest()
    assert sentence(example.document)


def test_arithmetic_stays_json_and_the_other_group_is_still_rows() -> None:
    example = next(item for item in EXAMPLES if item.key == "ema_trend")
    form = DocumentForm.of(example.document)
    assert (form.entry.mode, form.exit.mode) == ("json", "rows")
    assert round_trip(example.document) == example.document


def plain_form(**changed: str) -> DocumentForm:
    example = EXAMPLES[1]
    return DocumentForm.read({**typed(DocumentForm.of(example.document)), **changed}, "1h")


def test_rows_are_added_and_removed_by_buttons_without_losing_what_was_typed() -> None:
    form = plain_form(**{"entry-0-left_params": "oops", "name": "Half done"})
    more = form.after("add-entry")
    assert more is not None
    assert [rule.left.params for rule in more.entry.rules] == ["oops", ""]
    assert more.fields.initial["name"] == "Half done"
    fewer = more.after("remove-entry-0")
    assert fewer is not None
    assert [rule.index for rule in fewer.entry.rules] == ["0"]
    assert fewer.entry.rules[0].right.kind == "SMA"
    assert form.after("save") is None
    assert form.after("remove-entry-99") is not None


def test_rows_become_json_on_request() -> None:
    changed = plain_form().after("json-entry")
    assert changed is not None
    assert changed.entry.mode == "json"
    found, _ = DocumentForm.read(typed(changed), "1h").document()
    assert found == EXAMPLES[1].document


@pytest.mark.parametrize(
    ("changed", "side", "words"),
    [
        ({"entry-0-left_params": "1"}, "left", "between 2 and 1000"),
        ({"entry-0-left_params": "1, 2"}, "left", "Give one number."),
        ({"entry-0-left_params": "x"}, "left", "ot a decimal number"),
        ({"entry-0-left": "NOPE"}, "left", "Choose from the list."),
        ({"entry-0-operator": "like"}, "left", "Choose the comparison"),
        ({"entry-0-right_params": ""}, "right", "Give a number."),
        ({"entry-0-right_params": "1,5"}, "right", "with a point"),
        ({"entry-0-right_shift": "-1"}, "right", "Bars ago"),
        ({"entry-0-left_shift": "2001"}, "left", "2000"),
        ({"entry-0-right": "close"}, "left", "cannot be compared"),
    ],
)
def test_a_fault_in_a_row_is_shown_at_its_side(changed: dict[str, str], side: str, words: str) -> None:
    found, page = plain_form(**changed).document()
    assert found is None
    rule = page.entry.rules[0]
    assert words in getattr(rule, side).error
    assert not getattr(rule, "right" if side == "left" else "left").error
    assert not page.exit.has_errors
    assert page.sentences()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x\x00y"),
        ("timeframe", "7m"),
        ("sizing_amount", "0"),
        ("sizing_amount", "1e99"),
        ("sizing_amount", "101"),
        ("stop_loss_percent", "100"),
        ("take_profit_percent", "-1"),
    ],
)
def test_a_fault_in_a_field_is_shown_at_the_field(field: str, value: str) -> None:
    found, page = plain_form(**{field: value}).document()
    assert found is None
    assert list(page.fields.errors) == [field]


def test_an_empty_group_and_broken_json_are_named() -> None:
    _, page = plain_form(**{"entry-total": "0"}).document()
    assert page.entry.error == "Add at least one condition."
    _, page = plain_form(**{"exit-mode": "json", "exit-json": "{"}).document()
    assert page.exit.error == "This is not JSON."
    _, page = plain_form(**{"exit-mode": "json", "exit-json": '{"kind": "not"}'}).document()
    assert page.exit.error == "condition: Is required"


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            [
                "entry-mode", "entry-json", "entry-total", "entry-join", "entry-0-left", "entry-0-left_params",
                "entry-0-left_source", "entry-0-left_shift", "entry-0-operator", "name", "sizing_kind", "sizing_amount",
            ]
        ),
        st.one_of(st.text(max_size=20), st.sampled_from(["json", "rows", "9" * 50, "-1", "SMA", "[" * 3000])),
    ),
    st.text(max_size=30),
)  # fmt: skip
def test_no_posted_nonsense_breaks_the_page(changed: dict[str, str], action: str) -> None:
    form = plain_form(**changed)
    form.after(action)
    found, page = form.document()
    assert (found is None) == bool(page.sentences())


def test_changes_name_the_part_and_both_values() -> None:
    before = EXAMPLES[0].document
    data = before.model_dump(mode="json")
    data["stop_loss_percent"] = "3"
    data["entry"]["left"]["params"]["period"] = 21
    found = {change.part: (change.before, change.after) for change in changes(before, parse_document(data))}
    assert found == {
        "Buy when": (
            "SMA(20) of close crosses above SMA(50) of close",
            "SMA(21) of close crosses above SMA(50) of close",
        ),
        "Stop loss": ("none", "3 % below entry"),
    }
    assert changes(before, before) == []


def test_the_form_offers_only_intervals_that_are_recorded_unless_the_document_has_another() -> None:
    assert "1m" not in dict(StrategyForm().fields["timeframe"].choices)  # type: ignore[attr-defined]
    assert "1m" in dict(StrategyForm(present="1m").fields["timeframe"].choices)  # type: ignore[attr-defined]


def test_a_group_shows_numbers_shortest() -> None:
    node = parse_document({**EXAMPLES[2].document.model_dump(mode="json")}).entry
    assert RuleGroup.of("entry", node).rules[0].right.params == "20, 2"
    assert Decimal("2") == node.right.params["deviations"]  # type: ignore[union-attr]
