"""No request that the OpenAPI document allows, or nearly allows, makes the service fail."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from backend.api import create
from backend.workspace.workspace import Workspace

ROUTES = [
    ("POST", "/analyse"),
    ("POST", "/analyse/files"),
    ("POST", "/embed"),
    ("POST", "/search"),
    ("GET", "/corpora"),
    ("GET", "/corpora/{name}"),
    ("GET", "/corpora/{name}/media/{post}/{modality}"),
    ("GET", "/corpora/{name}/posts"),
    ("GET", "/posts/{id}"),
    ("GET", "/health"),
    ("GET", "/metrics"),
]


@pytest.fixture(scope="module")
def schema(workspace: Workspace) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_asgi("/openapi.json", create(workspace))


def test_every_route_is_tried(schema: schemathesis.BaseSchema) -> None:
    found = [operation.ok() for operation in schema.get_all_operations()]
    assert sorted((o.method.upper(), o.path) for o in found) == sorted(ROUTES)


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_never_fails(schema: schemathesis.BaseSchema, method: str, path: str) -> None:
    operation = schema[path][method]

    @settings(max_examples=25, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(operation.as_strategy())
    def answers(case: schemathesis.Case) -> None:
        # A schema cannot say what a query line or base64 means: such refusals are right.
        case.call_and_validate(excluded_checks=[positive_data_acceptance])

    answers()
