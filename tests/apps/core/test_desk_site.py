"""The admin sites: what they leave out of Django's."""

from typing import Any

import pytest

from tests.apps.platform.identity import verified


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/admin/r/55/55/", "/admin/r/1/00000000-0000-0000-0000-000000000000/"])
def test_no_row_of_the_admin_has_a_public_page(address: str, staff: Any) -> None:
    browser = verified(staff)
    assert browser.get("/admin/").status_code == 200
    assert browser.get(address).status_code == 404
