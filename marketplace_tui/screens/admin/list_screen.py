"""The base of the admin's lists: search, filter, a table, and the selected entry beside or below it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Generic, TypeVar, cast

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input

from marketplace_tui.actions.state import Fact
from marketplace_tui.model.admin.listing import Listing, Query
from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.resource import Resource
from marketplace_tui.screens.admin import list_text as text
from marketplace_tui.screens.admin.details import Details
from marketplace_tui.screens.base import ClientScreen
from marketplace_tui.screens.everywhere.dialogs import Choice, Choose
from marketplace_tui.text.lines import Line, plain
from marketplace_tui.text.table import Column
from marketplace_tui.widgets.entry import LONGEST_SEARCH, Entry
from marketplace_tui.widgets.lines import Lines
from marketplace_tui.widgets.rows import Row, Rows
from services_stub.contracts.events import Event

Item = TypeVar("Item")

EVENTS_SECONDS = 1.0
"""However many events come, a list is read again at most once in so many seconds because of them."""


class ListScreen(ClientScreen, Generic[Item]):
    """A list of everything of a kind. Subclasses say how it is read and how an item looks."""

    AUTO_FOCUS = "#rows"
    NOUN: ClassVar[str]
    """The items in the plural, for sentences."""
    COLUMNS: ClassVar[tuple[Column, ...]]
    FILTERS: ClassVar[Mapping[str, str]] = {}
    """The roles or statuses that can be shown alone, in words."""
    HAS_SEARCH: ClassVar[bool] = False
    MARKABLE: ClassVar[bool] = False
    CONCERNS: ClassVar[tuple[type[Event], ...]] = ()
    """The events after which the list is read again."""

    def __init__(self, marketplace: Marketplace) -> None:
        super().__init__()
        self.listing = self.make_listing(marketplace)
        self._has_changed = False

    def make_listing(self, marketplace: Marketplace) -> Listing[Item]:
        """The list of this screen."""
        raise NotImplementedError

    def cells(self, item: Item) -> tuple[Line, ...]:
        """An item as a row."""
        raise NotImplementedError

    def details(self, item: Item, width: int) -> list[Line]:
        """An item in full; the first two lines say the most."""
        raise NotImplementedError

    def item_facts(self, item: Item) -> Iterable[Fact]:  # noqa: ARG002 - for subclasses
        """The facts of the selected item."""
        return ()

    def compose_body(self) -> ComposeResult:
        """Search and filter, the table, the selected item."""
        with Horizontal(id="search-line"):
            if self.HAS_SEARCH:
                yield Entry(
                    self.listing.query.text,
                    longest=LONGEST_SEARCH,
                    placeholder="search",
                    select_on_focus=False,
                    id="search",
                )
            yield Lines(self._draw_filter, id="facets")
        yield Lines(self._draw_rule, classes="rule")
        with Horizontal():
            yield Rows(self.COLUMNS, flat=self.client_app.flat, markable=self.MARKABLE, id="rows")
            yield Lines(self._draw_pane, id="pane")
        yield Lines(self._draw_rule, classes="rule below")
        yield Lines(self._draw_below, id="below")

    def begin(self) -> None:
        """Show what is found."""
        self.watch_model(self.listing.pages, self._show)
        self.watch_model(self.client_app.marketplace.sellers, self._show)
        self.set_interval(EVENTS_SECONDS, self.refresh_if_changed)

    @property
    def rows(self) -> Rows:
        """The table."""
        return self.query_one("#rows", Rows)

    @property
    def selected(self) -> Item | None:
        """The item of the cursor."""
        return self.listing.item(self.rows.cursor_key)

    @property
    def selected_item(self) -> Item:
        """The item of the cursor, for actions that need one."""
        return cast("Item", self.selected)

    def resources(self) -> Sequence[Resource[Any]]:
        """The list."""
        return (self.listing.pages,)

    def facts(self) -> Iterable[Fact]:
        """Of the selected item."""
        item = self.selected
        if item is not None:
            yield Fact.SELECTED
            yield from self.item_facts(item)

    def subject(self) -> object | None:
        """The selected item."""
        return self.selected

    def refresh_data(self) -> None:
        """Read the list again."""
        self._has_changed = False
        self.listing.pages.refresh()

    def on_events(self, events: Sequence[Event], missed: bool) -> None:
        """Note that the list has changed."""
        self._has_changed = self._has_changed or missed or any(isinstance(event, self.CONCERNS) for event in events)

    def refresh_if_changed(self) -> None:
        """Read the list again if events said that it changed."""
        if self._has_changed and self.is_current:
            self.refresh_data()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search as it is typed."""
        self.listing.look_for(replace(self.listing.query, text=event.value.strip()))

    def leave_field(self) -> bool:
        """Enter goes to what was found."""
        self.set_focus(self.rows)
        return True

    def on_rows_opened(self, event: Rows.Opened) -> None:
        """Open the item."""
        item = self.listing.item(event.key)
        if item is not None:
            self.open_item(item)

    def open_item(self, item: Item) -> None:
        """Show all of it."""
        title = plain(self.details(item, 60)[0])
        self.app.push_screen(Details(title, lambda width: self.details(item, width)[1:]))

    def on_rows_near_end(self) -> None:
        """Read the next page."""
        self.listing.pages.more()

    def selection_changed(self) -> None:
        """Show the item that is selected now."""
        self.query_one("#pane", Lines).redraw()
        self.query_one("#below", Lines).redraw()

    def do_app_back(self) -> None:
        """Out of the search field first, then back to everything."""
        search = self.query("#search")
        if search and self.focused is search.first():
            self.set_focus(self.rows)
        elif self.listing.query != Query():
            self.look_for(Query())

    def look_for(self, query: Query) -> None:
        """Show what fits a query."""
        self.listing.look_for(query)
        for field in self.query("#search").results(Input):
            field.value = query.text

    def search(self) -> None:
        """Type into the search field."""
        self.set_focus(self.query_one("#search", Input))

    def choose_filter(self) -> None:
        """Choose which of them are shown."""

        def chosen(key: str | None) -> None:
            if key is not None:
                self.listing.look_for(replace(self.listing.query, only="" if key == "all" else key))

        choices = [Choice("all", f"All {self.NOUN}"), *(Choice(*one) for one in self.FILTERS.items())]
        self.app.push_screen(Choose(f"Show which {self.NOUN}?", choices), chosen)

    def _show(self) -> None:
        self.rows.empty = text.empty(self.listing, self.NOUN)
        pages = self.listing.pages
        self.rows.show_rows([Row(self.listing.key_of(one), self.cells(one)) for one in pages.items], of=pages.number)
        self.query_one("#facets", Lines).redraw()
        self.selection_changed()

    def _draw_filter(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - one line
        words = self.FILTERS.get(self.listing.query.only, "")
        return [text.filter_line(self.listing, words, self.NOUN, width)]

    def _draw_rule(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - one line
        return self.client_app.rule(width)

    def _draw_pane(self, width: int, height: int) -> Sequence[Line]:
        item = self.selected
        return self.details(item, width)[:height] if item is not None else []

    def _draw_below(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - two lines
        item = self.selected
        return self.details(item, width)[:2] if item is not None else [(), ()]
