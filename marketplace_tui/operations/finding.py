"""Finds a thing by its id, or by the end of its id that lists show."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from services_stub.client.errors import InvalidInput, NotFound
from services_stub.contracts.http.page import LARGEST_PAGE
from services_stub.contracts.problem import problem

Item_co = TypeVar("Item_co", covariant=True)
Item = TypeVar("Item")

WHOLE = 32
"""So many characters are a whole id."""

MOST_PAGES = 20
"""So many pages of a list are searched."""


class AnyPage(Protocol[Item_co]):
    """A page of a list: every list of the contract has these members."""

    @property
    def items(self) -> Sequence[Item_co]:
        """The entries."""
        ...

    @property
    def next_cursor(self) -> str | None:
        """The cursor of the next page; None on the last."""
        ...


async def whole_id(
    text: str, what: str, pages: Callable[[str], Awaitable[AnyPage[Item]]], id_of: Callable[[Item], str]
) -> str:
    """The id that `text` is, or that ends with it, in a list of which `pages` has the page at a cursor.

    Raises:
        InvalidInput: several ids end so, or the text is empty.
        NotFound: none of the first entries of the list does.

    """
    end = text.strip().removeprefix("…")
    if not end:
        raise InvalidInput(problem(400, "invalid-id", f"the id of the {what} is empty"))
    if len(end) >= WHOLE:
        return end
    found: set[str] = set()
    cursor, limits = "", f" among the first {MOST_PAGES * LARGEST_PAGE:,}"
    for _ in range(MOST_PAGES):
        page = await pages(cursor)
        found |= {identifier for identifier in map(id_of, page.items) if identifier.endswith(end)}
        if page.next_cursor is None:
            limits = ""
            break
        cursor = page.next_cursor
    if len(found) > 1:
        raise InvalidInput(problem(400, "ambiguous-id", f"{len(found)} ids end with {end}: give more of it"))
    if not found:
        raise NotFound(problem(404, f"{what}-not-found", f"no {what}{limits} has an id that ends with {end}"))
    return found.pop()
