"""One page of a list: the items and the cursor of the next page."""

from __future__ import annotations

from typing import Generic, TypeVar

from services_stub.contracts.base import Body

LARGEST_PAGE = 100
DEFAULT_PAGE = 20

Item = TypeVar("Item")


class Page(Body, Generic[Item], frozen=True, kw_only=True):
    """`next_cursor` is opaque, and None on the last page."""

    items: list[Item]
    next_cursor: str | None = None
