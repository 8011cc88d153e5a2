"""The actions that apply on every screen, and those of every list."""

from __future__ import annotations

from marketplace_tui.actions.action import EVERYWHERE, LISTS, Action
from marketplace_tui.actions.places import PLACES, SECTIONS
from marketplace_tui.actions.state import ROLES, Fact

_ALL = (EVERYWHERE,)


def _section(name: str) -> tuple[Action, ...]:
    """One action for each number under which some role has the section."""
    numbers: dict[int, list[str]] = {}
    for role in ROLES:
        if name in SECTIONS[role]:
            numbers.setdefault(SECTIONS[role].index(name) + 1, []).append(role)
    title = PLACES[name].title
    return tuple(
        Action(
            f"go.{name}.{number}",
            title,
            f"Go to {title.lower()}.",
            (str(number % 10),),
            _ALL,
            roles=tuple(role for role in ROLES if role in roles),
        )
        for number, roles in sorted(numbers.items())
    )


EVERYWHERE_ACTIONS: tuple[Action, ...] = (
    Action("app.palette", "Palette", "Find an action, a product, an order or a person by typing.", ("ctrl+p",), _ALL),
    Action(
        "app.help", "Help", "Show every key of this screen and what it does.", ("question_mark", "f1"), _ALL, footer=90
    ),
    Action("app.jump", "Jump", "Put a key on everything that can be focused, and jump to it.", ("ctrl+o",), _ALL),
    Action("app.settings", "Settings", "Choose theme, density and keys.", ("f2",), _ALL),
    Action("app.refresh", "Refresh", "Ask the marketplace again now.", ("f5",), _ALL),
    Action("app.back", "Back", "Go back to where you came from.", ("escape",), _ALL),
    Action("app.quit", "Quit", "Leave the client. The marketplace goes on.", ("q", "ctrl+q"), _ALL),
    Action("app.copy", "Copy", "Copy what is selected as text.", ("y",), _ALL),
    Action("app.copy_as", "Copy as", "Copy what is selected as JSON, curl or a command.", ("Y",), _ALL),
    Action(
        "app.sign_in",
        "Sign in",
        "Sign in, or become a shopper or a seller.",
        ("L",),
        _ALL,
        roles=("guest",),
        command="shop register",
    ),
    Action("app.sign_out", "Sign out", "Sign out on this machine.", ("L",), _ALL, roles=("user", "seller", "admin")),
    Action("app.undo", "Undo", "Take the last change back.", ("u",), _ALL, needs=(Fact.UNDOABLE,)),
    Action(
        "app.tour",
        "Tour",
        "See a purchase, a declined card, a race and a blocked seller happen, step by step.",
        ("f3",),
        _ALL,
        roles=("guest", "user", "seller", "admin"),
        needs=(Fact.LOCAL,),
        command="tour",
    ),
    Action(
        "go.simulation",
        "Simulation",
        "Watch a run of the simulator: rates, latencies, open sagas, lag, faults, and its verdict.",
        ("f4",),
        _ALL,
        roles=("admin",),
        needs=(Fact.LOCAL,),
        command="simulate watch",
    ),
    Action("tour.next", "Next", "Do the next step.", ("n", "right"), ("tour",), footer=10),
    Action("go.cart", "Cart", "Go to your cart.", ("c",), _ALL, roles=("guest", "user"), footer=60),
    Action("go.orders", "Orders", "Go to your orders.", ("o",), _ALL, roles=("user",)),
    Action("go.inbox", "Inbox", "Go to your messages.", ("i",), _ALL, roles=("user", "seller")),
    *(action for name in PLACES for action in _section(name)),
)

LIST_ACTIONS: tuple[Action, ...] = (
    Action("list.up", "Up", "Go to the entry above.", ("up", "k"), (LISTS,)),
    Action("list.down", "Down", "Go to the entry below.", ("down", "j"), (LISTS,)),
    Action("list.first", "First", "Go to the first entry.", ("g", "home"), (LISTS,)),
    Action("list.last", "Last", "Go to the last entry that is loaded.", ("G", "end"), (LISTS,)),
    Action("list.page_up", "Page up", "Go up by one screen.", ("pageup", "ctrl+b"), (LISTS,)),
    Action("list.page_down", "Page down", "Go down by one screen.", ("pagedown", "ctrl+f"), (LISTS,)),
    Action("list.open", "Open", "Open what is selected.", ("enter",), (LISTS,), needs=(Fact.SELECTED,), footer=10),
    Action(
        "list.mark", "Mark", "Mark this entry, to act on many at once.", ("space",), (LISTS,), needs=(Fact.SELECTED,)
    ),
)
