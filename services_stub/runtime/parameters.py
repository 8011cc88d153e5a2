"""The parameters of a query, held to the form that the route declares before Litestar reads them as Python does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from litestar import Request
from litestar.handlers import BaseRouteHandler

from services_stub.contracts.decoding import kind_of, wrong_parameters
from services_stub.contracts.problem import FieldError
from services_stub.runtime.errors import Refused


def check_query(request: Request[Any, Any, Any]) -> None:
    """Refuse a query whose parameters are not of the form that the route declares.

    Raises:
        Refused: names each of them.
    """
    if request.scope["query_string"]:
        kinds = _kinds(request.route_handler)
        if errors := list(wrong_parameters(kinds, request.query_params.multi_items())):
            raise Refused(400, "invalid-input", in_words(errors), errors=errors)


def in_words(errors: Sequence[FieldError]) -> str:
    """The errors of fields as one text."""
    return "; ".join(f"`{each.field}`: {each.message}" for each in errors)


@cache
def _kinds(handler: BaseRouteHandler) -> Mapping[str, Any]:
    kinds = {}
    for name, parameter in handler.parsed_fn_signature.parameters.items():
        defined = parameter.kwarg_definition
        if getattr(defined, "header", None) is None and (kind := kind_of(parameter.annotation)) is not None:
            kinds[getattr(defined, "query", None) or name] = kind
    return kinds
