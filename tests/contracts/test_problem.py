"""Problem documents come over the wire whole, and anything else becomes a problem that says so."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as some

from services_stub.contracts.encoding import encode_json
from services_stub.contracts.problem import FieldError, Problem, problem

_RESERVED = {"type", "title", "status", "detail", "instance", "errors"}
_texts = some.text(some.characters(exclude_categories=["Cs"]), max_size=40)
_json = some.recursive(
    some.none() | some.booleans() | some.integers(-(2**53), 2**53) | _texts,
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(_texts, inner, max_size=3),
    max_leaves=8,
)
_problems = some.builds(
    Problem,
    type=some.from_regex(r"/problems/[a-z]+(-[a-z]+)*", fullmatch=True),
    title=_texts,
    status=some.integers(400, 599),
    detail=_texts,
    instance=_texts,
    errors=some.lists(some.builds(FieldError, field=_texts, message=_texts), max_size=3),
    extensions=some.dictionaries(_texts.filter(lambda name: name not in _RESERVED), _json, max_size=3),
)


@given(_problems)
def test_a_problem_comes_over_the_wire_whole(sent: Problem) -> None:
    assert Problem.parse(encode_json(sent.document()), status=sent.status) == sent


@given(some.binary(max_size=60) | _json.map(lambda value: json.dumps(value).encode()), some.integers(400, 599))
def test_any_other_answer_becomes_a_problem_with_its_status(body: bytes, status: int) -> None:
    assert Problem.parse(body, status=status).status == status


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"no"', b'{"title": 5}', b'{"errors": [1]}', b"\xff"])
def test_an_unreadable_answer_says_so(body: bytes) -> None:
    assert Problem.parse(body, status=502).code == "unreadable-answer"


def test_the_members_are_those_of_rfc_9457_and_extensions_lie_beside_them() -> None:
    refused = problem(409, "out-of-stock", "only 2 left", lines=[{"productId": "p1", "available": 2}])
    assert refused.code == "out-of-stock"
    assert refused.document() == {
        "type": "/problems/out-of-stock",
        "title": "Out of stock",
        "status": 409,
        "detail": "only 2 left",
        "lines": [{"productId": "p1", "available": 2}],
    }


def test_an_extension_never_hides_a_member() -> None:
    sly = Problem(type="/problems/x", title="X", status=400, extensions={"status": 200, "type": "ok"})
    assert sly.document() == {"type": "/problems/x", "title": "X", "status": 400}
