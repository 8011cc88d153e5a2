"""The base of all screens: title above, keys below, actions dispatched by their declarations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, cast

from textual.app import ComposeResult
from textual.screen import Screen

from marketplace_tui.actions.state import Fact, ScreenState
from marketplace_tui.model.order_changes import CHANGES
from marketplace_tui.model.resource import Resource, outdated_one
from marketplace_tui.model.watched import Watched
from marketplace_tui.screens.client_app import ClientApp
from marketplace_tui.screens.frame import awaited_words, keys_line, title_line
from marketplace_tui.text.lines import Line, Look, Span, spans, wrapped
from marketplace_tui.text.states import outdated
from marketplace_tui.widgets.lines import Lines
from marketplace_tui.widgets.looks import CLASSES
from marketplace_tui.widgets.rows import Rows
from services_stub.contracts.events import Event

NOTICE_SECONDS = 6.0
REFRESH_SECONDS = 5.0
_MOST_NOTICE_LINES = 3


class ClientScreen(Screen[None]):
    """A screen of the client. Subclasses name their place, compose a body, and have a method for each action.

    The method of an action `cart.add` is `do_cart_add`; those of actions that apply everywhere are the app's, and the
    changes of orders go to `change_order`. Keys reach the actions by `marketplace_tui.screens.dispatch`.
    """

    PLACE: ClassVar[str] = ""
    COMPONENT_CLASSES = CLASSES

    def __init__(self) -> None:
        super().__init__()
        self._ends: list[Callable[[], None]] = []
        self._notice: Line = ()
        self._notices = 0
        self._has_begun = False

    @property
    def client_app(self) -> ClientApp:
        """The app."""
        return cast("ClientApp", self.app)

    def compose(self) -> ComposeResult:
        """Title, body, notice, keys."""
        self._take_classes_of_size()
        yield Lines(self._draw_title, id="title")
        yield from self.compose_body()
        yield Lines(self._draw_outdated, id="outdated")
        yield Lines(self._draw_notice, id="notice")
        yield Lines(self._draw_keys, id="keys")
        yield Lines(_draw_too_small, id="too-small")

    def compose_body(self) -> ComposeResult:
        """The widgets between title and keys."""
        raise NotImplementedError

    def facts(self) -> Iterable[Fact]:
        """The facts of the screen and of the selection."""
        return ()

    def resources(self) -> Sequence[Resource[Any]]:
        """Everything of the marketplace that the screen shows: where it is old, the screen says how old."""
        return ()

    @property
    def state(self) -> ScreenState:
        """The state that decides which actions apply."""
        facts = set(self.facts()) if self.is_there else set()
        if self.client_app.marketplace.undo:
            facts.add(Fact.UNDOABLE)
        if self.client_app.marketplace.state is not None:
            facts.add(Fact.LOCAL)
        return ScreenState(self.PLACE, self.client_app.marketplace.connection.role, frozenset(facts))

    def watch_model(self, model: Watched, then: Callable[[], None]) -> None:
        """Call `then` after each change of a model, for as long as the screen is there, and once now."""

        def changed() -> None:
            if self.is_there:
                then()

        self._ends.append(model.watch(changed))
        then()

    @property
    def is_there(self) -> bool:
        """Whether the screen has its widgets: they come after it does, and go before it does."""
        return self.is_attached and self.display and self._has_begun

    def refresh_data(self) -> None:
        """Ask for everything that the screen shows again."""

    def on_events(self, events: Sequence[Event], missed: bool) -> None:
        """Take in what happened; `missed` says that other events were lost."""

    def subject(self) -> object | None:
        """The object of the contract that is selected, for copying; None where nothing is."""
        return None

    def seek(self, key: str) -> None:
        """Put the cursor on the entry of a key, as soon as it is read; for screens that have such entries."""

    def say(self, words: str, look: Look = "plain") -> None:
        """Show a notice above the keys for some seconds; nothing, where the screen is gone."""
        if not self.is_there:
            return
        self._notice = spans(words, look)
        self._notices += 1
        number = self._notices
        self.query_one("#notice", Lines).redraw()
        self.set_timer(NOTICE_SECONDS, lambda: self._forget_notice(number))

    def keys_changed(self) -> None:
        """Draw title and keys again, because what can be done may be another thing now."""
        if self.is_there:
            self.query_one("#title", Lines).redraw()
            self.query_one("#keys", Lines).redraw()

    def act(self, action_id: str) -> None:
        """Do an action, or say why it cannot be done now."""
        action = self.client_app.keymap.by_id[action_id]
        state = self.state
        if not action.applies(state):
            return
        lacking = action.lacks(state)
        if lacking is not None:
            self.say(lacking.value, "warning")
            return
        if action.id in CHANGES:
            self.change_order(action.id)
        else:
            name = "do_" + action.id.replace(".", "_").replace("-", "_")
            method: Callable[[], None] = getattr(self, name, None) or self.client_app.method_of(action)
            method()
        self.keys_changed()

    def change_order(self, action_id: str) -> None:
        """Make a change of `CHANGES` to the order that is selected; for screens that have orders."""

    def action_act(self, action_id: str) -> None:
        """The target of clicks on what names an action."""
        self.act(action_id)

    def leave_field(self) -> bool:
        """Go from a field, in which Enter was pressed, to where further keys belong; False where the field decides."""
        return False

    def begin(self) -> None:
        """Follow what the screen shows; called once, when its widgets are there."""

    def on_mount(self) -> None:
        """Follow what every title shows. A client that ends while a screen is made gives it no widgets."""
        if self._has_begun or not self.children:
            return
        self._has_begun = True
        self.begin()
        marketplace = self.client_app.marketplace
        for model in (marketplace.connection, marketplace.cart, marketplace.unread, marketplace.undo):
            self.watch_model(model, self.keys_changed)
        self._ends.append(marketplace.cart.watch(self._say_problem_of_cart))
        self._ends.append(marketplace.live.listen(self.on_events))
        self._ends += [resource.watch(self._say_age) for resource in self.resources()]
        self.set_interval(1.0, self._tick)
        self.set_interval(REFRESH_SECONDS, self._refresh_if_seen)

    def on_unmount(self) -> None:
        """Stop following."""
        for end in self._ends:
            end()

    def on_screen_resume(self) -> None:
        """Read again when the screen is shown again."""
        self.refresh_data()

    def on_rows_moved(self) -> None:
        """Another row is selected: other actions apply."""
        self.selection_changed()
        self.keys_changed()

    def selection_changed(self) -> None:
        """Take in that another row is selected."""

    @property
    def has_list_focus(self) -> bool:
        """Whether the keys of lists apply."""
        return isinstance(self.focused, Rows)

    def _take_classes_of_size(self) -> None:
        """Be styled for the size at once. Textual sees after the first layout which classes apply, and repeats all."""
        width, height = self.app.size
        wide = self._get_breakpoint_classes(width, self.app.HORIZONTAL_BREAKPOINTS or [])
        tall = self._get_breakpoint_classes(height, self.app.VERTICAL_BREAKPOINTS or [])
        self.update_classes(dict.fromkeys(wide | tall, True), update=False)

    def _say_problem_of_cart(self) -> None:
        cart = self.client_app.marketplace.cart
        if cart.problem is not None and self.is_current:
            problem, cart.problem = cart.problem, None
            self.say(str(problem), "bad")

    def _refresh_if_seen(self) -> None:
        if self.is_current:
            self.refresh_data()

    def _tick(self) -> None:
        """Let the ages go on."""
        self.query_one("#title", Lines).redraw()
        self._say_age()

    def _say_age(self) -> None:
        """Say how old what is shown is, or stop saying it."""
        if self.is_there:
            self.query_one("#outdated", Lines).redraw()

    def _forget_notice(self, number: int) -> None:
        if number == self._notices and self._notice:
            self._notice = ()
            self.query_one("#notice", Lines).redraw()

    def _draw_title(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - one line, whatever the height
        awaited = awaited_words(self.resources(), self.client_app.marketplace.clock())
        return [title_line(self.client_app, self.PLACE, self.trail(), awaited, width)]

    def _draw_outdated(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - as long as it is
        found = outdated_one(self.resources())
        return outdated(self.client_app.marketplace.clock() - found[0], found[1], width) if found else []

    def trail(self) -> str:
        """The last part of the breadcrumb, such as the name of what is shown; empty for the place's own title."""
        return ""

    def _draw_notice(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - as above
        lines = [(span.look, wrapped(span.text, width, _MOST_NOTICE_LINES)) for span in self._notice]
        return [(Span(line, look),) for look, found in lines for line in found]

    def _draw_keys(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - as above
        entries = self.client_app.keymap.footer(self.state, with_lists=self.has_list_focus)
        return [keys_line(entries, width)]


def _draw_too_small(width: int, height: int) -> Sequence[Line]:
    words = "80×24 is the smallest size that has room for everything. Make this terminal larger to go on."
    lines = wrapped(words, max(width - 4, 1))
    above = max((height - len(lines)) // 2, 0)
    return [*[()] * above, *((Span(f"  {line}", "dim"),) for line in lines)]
