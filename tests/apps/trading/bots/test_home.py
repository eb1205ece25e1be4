"""Home of somebody new: no invented figure, and the next step."""

from typing import Any

import pytest

pytestmark = pytest.mark.django_db


def test_a_new_customer_sees_no_value_and_the_first_step(customer: Any, web: Any) -> None:
    answer = web(customer).get("/")
    assert answer.status_code == 200
    page = answer.context["page"]
    assert page.account.value.text == "–"
    assert page.account.curve is None
    assert page.next_step.title == "Next step: open a paper account"
    assert [step.state for step in page.steps] == ["done", "now", "later", "later"]
    assert list(page.limits) == []
