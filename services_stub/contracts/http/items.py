"""Answers of internal routes that take a list: each item is done or refused by itself."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from services_stub.contracts.base import Body

T = TypeVar("T")


class ItemResult(Body, Generic[T], frozen=True, kw_only=True):
    """The result of one item, at the place of the item in the request; or the problem document of its refusal."""

    done: T | None = None
    refused: dict[str, Any] | None = None
