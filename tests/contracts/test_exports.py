"""The documents in docs/ are those that `marketplace schemas export` writes today, and are valid."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from services_stub.infra.config.errors import CannotStart
from services_stub.infra.config.services import SERVICES
from services_stub.infra.inspection.schemas import documents, export, openapi

DOCS = Path(__file__).parents[2] / "docs"


def test_the_committed_documents_are_current() -> None:
    today = documents()
    stale = [path for path, text in today.items() if not (DOCS / path).exists() or (DOCS / path).read_bytes() != text]
    assert stale == [], "run `marketplace schemas export docs`"
    assert {path.name for path in (DOCS / "schemas").iterdir()} == {Path(path).name for path in today if "/" in path}


@pytest.mark.parametrize(
    ("path", "name"),
    [("/cart-service/api/cart/merge", "X-Session-Id"), ("/order-service/api/orders", "Idempotency-Key")],
)
def test_a_header_without_which_requests_are_refused_is_declared_as_required(path: str, name: str) -> None:
    parameters = json.loads(documents()["openapi.json"])["paths"][path]["post"]["parameters"]
    assert [header["required"] for header in parameters if header["name"] == name] == [True]


@pytest.mark.slow
def test_the_export_is_the_same_every_time(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "deep" / "second"
    for directory in (first, second, second):
        assert {path.relative_to(directory).as_posix() for path in export(directory)} == set(documents())
    for path in documents():
        assert (first / path).read_bytes() == (second / path).read_bytes()


def test_a_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotStart, match="file"):
        export(tmp_path / "file")


@pytest.mark.slow
def test_the_openapi_document_is_valid_by_a_public_validator() -> None:
    document = json.loads(documents()["openapi.json"])
    assert document["openapi"].startswith("3.1.")
    validate(document, cls=OpenAPIV31SpecValidator)


@pytest.mark.slow
def test_the_public_validator_finds_mistakes() -> None:
    document = json.loads(documents()["openapi.json"])
    document["paths"]["/product-service/api/products"]["post"]["responses"] = {"created": {}}
    assert not OpenAPIV31SpecValidator(document).is_valid()


def test_every_operation_has_an_id_of_its_own_a_service_and_words() -> None:
    operations = [operation for path in openapi()["paths"].values() for operation in path.values()]
    ids = [operation["operationId"] for operation in operations]
    assert len(set(ids)) == len(ids)
    for operation in operations:
        assert operation["tags"][0] in SERVICES
        assert operation["operationId"].startswith(operation["tags"][0])
        assert operation["summary"]
        assert "security" in operation


def test_the_fixed_paths_are_there_and_nothing_internal_is() -> None:
    paths = openapi()["paths"]
    fixed = {
        "/auth-service/api/auth/register": {"post"},
        "/auth-service/api/auth/login": {"post"},
        "/auth-service/api/admin/block-seller/{sellerId}": {"post"},
        "/product-service/api/products": {"get", "post"},
        "/cart-service/api/cart/public/add": {"post"},
        "/order-service/api/orders": {"get", "post"},
        "/order-service/api/orders/{orderId}": {"get"},
    }
    for path, methods in fixed.items():
        assert methods <= set(paths[path]), path
    assert not [path for path in paths if "internal" in path]


def test_the_headers_that_decide_are_documented() -> None:
    paths = openapi()["paths"]
    placing = paths["/order-service/api/orders"]["post"]["parameters"]
    adding = paths["/cart-service/api/cart/public/add"]["post"]["parameters"]
    assert [(entry["name"], entry["required"]) for entry in placing if entry["in"] == "header"] == [
        ("Idempotency-Key", True)
    ]
    assert [(entry["name"], entry["required"]) for entry in adding if entry["in"] == "header"] == [
        ("X-Session-Id", False)
    ]
