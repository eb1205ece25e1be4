"""Whatever a program sends, the API answers by its own document: never a 500, every refusal a problem."""

import json
from functools import lru_cache
from typing import Any

import pytest
import schemathesis
from drf_spectacular.drainage import GENERATOR_STATS, reset_generator_stats
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from rest_framework.test import APIClient

from tests.factories.people import api_client

EXAMPLES = 25
LEFT_OUT = {
    "sessions_revoke_others": "ends the session the test speaks with",
}
"""Operations that end the test's own session, each with the reason."""


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """Return the OpenAPI document as the product publishes it."""
    found: dict[str, Any] = SchemaGenerator(urlconf="config.urls_tenant").get_schema(request=None, public=True)
    return json.loads(json.dumps(found, default=str))  # type: ignore[no-any-return]


def test_the_document_is_made_without_a_warning() -> None:
    """Two components of one name would describe one of them wrongly."""
    reset_generator_stats()
    SchemaGenerator(urlconf="config.urls_tenant").get_schema(request=None, public=True)
    assert (dict(GENERATOR_STATS._warn_cache), dict(GENERATOR_STATS._error_cache)) == ({}, {})


def operations() -> list[Any]:
    """Return every operation of the document."""
    found: Any = schemathesis.openapi.from_dict(document()).get_all_operations()
    return [one.ok() for one in found]


def call(client: APIClient, case: Any) -> Any:
    """Send a generated case and return the response."""
    kwargs = case.as_transport_kwargs(base_url="http://alpha.localhost")
    body = kwargs.get("json")
    data = b"" if body is None else json.dumps(body).encode()
    headers = {key: value for key, value in (kwargs.get("headers") or {}).items() if key.lower() != "content-type"}
    path = kwargs["url"].removeprefix("http://alpha.localhost")
    query = "&".join(f"{key}={value}" for key, value in (kwargs.get("params") or {}).items())
    generic: Any = client.generic
    return generic(
        kwargs["method"],
        f"{path}?{query}" if query else path,
        data,
        content_type="application/json",
        headers={"Idempotency-Key": "schemathesis", **_sendable(headers)},
    )


def _sendable(headers: dict[str, Any]) -> dict[str, str]:
    return {key: str(value) for key, value in headers.items() if str(value).isascii() and str(value).isprintable()}


@pytest.mark.django_db
@pytest.mark.parametrize("operation", operations(), ids=lambda found: found.definition.raw["operationId"])
def test_no_input_breaks_an_operation(operation: Any, customer: Any) -> None:
    if operation.definition.raw["operationId"] in LEFT_OUT:
        pytest.skip(LEFT_OUT[operation.definition.raw["operationId"]])
    client = api_client(customer)

    @given(case=operation.as_strategy())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def check(case: Any) -> None:
        response = call(client, case)
        assert response.status_code < 500, response.content[:300]
        if response.status_code >= 400:
            assert response["Content-Type"].startswith("application/problem+json"), response.content[:300]
            assert json.loads(response.content)["code"]

    check()


NASTY = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'"x"',
    b"1e999",
    b'{"a":' * 200 + b"1" + b"}" * 200,
    b"\xff\xfe",
    b'{"name":"\\u0000"}',
]


@pytest.mark.django_db
@pytest.mark.parametrize("body", NASTY, ids=range(len(NASTY)))
def test_broken_json_is_a_problem_everywhere(body: bytes, customer: Any) -> None:
    client: Any = api_client(customer)
    for path, methods in document()["paths"].items():
        if "post" in methods and "{" not in path and "auth/app" not in path:
            response = client.generic("POST", path, body, content_type="application/json", HTTP_IDEMPOTENCY_KEY="k")
            assert response.status_code < 500, (path, response.content[:300])
            if response.status_code >= 400:
                assert response["Content-Type"].startswith("application/problem+json"), path


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["limit=1000000000", "limit=-1", "limit=²", "cursor=%00", "cursor=zzz", "limit="])
def test_huge_pages_and_broken_cursors_are_refused_or_cut(query: str, customer: Any) -> None:
    client = api_client(customer)
    for path, methods in document()["paths"].items():
        if "get" in methods and "{" not in path and "auth/app" not in path:
            response = client.get(f"{path}?{query}")
            assert response.status_code < 500, (path, query)
            found = json.loads(response.content) if response["Content-Type"].startswith("application/json") else {}
            if isinstance(found, dict) and isinstance(found.get("results"), list):
                assert len(found["results"]) <= 200


@pytest.mark.django_db
def test_an_unknown_address_is_a_problem_too(customer: Any) -> None:
    response = api_client(customer).get("/api/v1/nothing-here")
    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")
    assert json.loads(response.content)["code"] == "core.not_found"


def test_the_document_is_whole() -> None:
    ids = [
        one["operationId"]
        for methods in document()["paths"].values()
        for one in methods.values()
        if "operationId" in one
    ]
    assert len(ids) == len(set(ids)) >= 40
