"""The actions of the trace: looking at one flow."""

from __future__ import annotations

from marketplace_tui.actions.action import Action
from marketplace_tui.actions.state import Fact, Role

_LOOKING: tuple[Role, ...] = ("user", "seller", "admin", "reader")


def _flow(
    name: str,
    words: str,
    help: str,
    *keys: str,
    place: str = "trace",
    needs: tuple[Fact, ...] = (),
    command: str = "",
    footer: int = 0,
    group: str = "",
    takes: tuple[str, ...] = (),
) -> Action:
    """An action of the screen of a flow, or of another `place` that shows one."""
    return Action(
        f"{place}.{name}",
        words,
        help,
        keys,
        (place,),
        roles=_LOOKING,
        needs=needs,
        command=command,
        footer=footer,
        group=group,
        takes=takes,
    )


_STREAM = ("events",)
_ADMIN: tuple[Role, ...] = ("admin",)
_READER: tuple[Role, ...] = ("reader",)
_OF_ALL: tuple[Role, ...] = ("admin", "reader")


def _recorded(name: str, words: str, help: str, *keys: str, footer: int = 0, group: str = "") -> Action:
    """An action that moves the position in a recording."""
    return Action(f"recording.{name}", words, help, keys, _STREAM, roles=_READER, footer=footer, group=group)


TRACE_ACTIONS: tuple[Action, ...] = (
    _flow(
        "view",
        "View",
        "Waterfall, sequence diagram, states beside the events, or diagnosis.",
        "tab",
        command="trace show --view",
        footer=10,
    ),
    _flow("view_back", "View before", "The view before this one.", "shift+tab"),
    _flow("zoom_in", "Zoom in", "Show half of the time, around the selected event.", "w", footer=20, group="Zoom"),
    _flow("zoom_out", "Zoom out", "Show twice the time.", "s", footer=21, group="Zoom"),
    _flow("whole", "Whole", "Show the whole time of the flow.", "z"),
    _flow("earlier", "Earlier", "Go back in time.", "a"),
    _flow("later", "Later", "Go on in time.", "d"),
    _flow("fold", "Fold", "Show fewer consumers of the event.", "h", "left", footer=30, group="Fold"),
    _flow("unfold", "Unfold", "Show more consumers of the event.", "l", "right", footer=31, group="Fold"),
    _flow("fold_all", "Fold all", "Show fewer consumers of every event.", "left_square_bracket"),
    _flow("unfold_all", "Unfold all", "Show more consumers of every event.", "right_square_bracket"),
    _flow("critical", "Critical", "Show only the critical path, or everything.", "x", footer=40),
    _flow(
        "code",
        "Code",
        "Open the code that published the event, or that handled it, in $EDITOR, or copy its place.",
        "g",
        needs=(Fact.SELECTED,),
        command="trace show --view code",
        footer=50,
        takes=("list.first",),
    ),
    _flow(
        "where",
        "Where now",
        "Say which consumers have the flow before them, how many records come first, and how long that takes.",
        "W",
        needs=(Fact.LOCAL,),
        command="trace where",
    ),
    _flow(
        "compare",
        "Compare",
        "Mark this flow, or put it beside the one that is marked.",
        "D",
        needs=(Fact.SELECTED,),
        command="trace diff",
    ),
    _flow("search", "Search", "Look for a text in the events of the flow.", "slash", footer=55),
    _flow(
        "replay",
        "Steps",
        "Go through the flow step by step: publisher, topic, consumers, and the states that each step changed.",
        "r",
        needs=(Fact.SELECTED,),
        command="trace show --view steps",
        footer=45,
    ),
    _flow(
        "next",
        "Next",
        "Go to the next step.",
        "right",
        "l",
        "n",
        "j",
        "down",
        place="replay",
        footer=20,
        group="Step",
        takes=("list.down",),
    ),
    _flow(
        "back",
        "Back",
        "Go to the step before.",
        "left",
        "h",
        "p",
        "k",
        "up",
        place="replay",
        footer=21,
        group="Step",
        takes=("list.up",),
    ),
    _flow(
        "first",
        "First",
        "Go to the first step.",
        "home",
        "g",
        place="replay",
        footer=30,
        group="First, last",
        takes=("list.first",),
    ),
    _flow(
        "last",
        "Last",
        "Go to the last step.",
        "end",
        "G",
        place="replay",
        footer=31,
        group="First, last",
        takes=("list.last",),
    ),
    Action(
        "events.filter",
        "Filter",
        "Show the records of some topics, types, keys, headers or fields, or with a text.",
        ("slash",),
        _STREAM,
        roles=_OF_ALL,
        command="trace follow",
        footer=20,
    ),
    Action(
        "events.pause",
        "Pause",
        "Let the screen stand still, or go on.",
        ("space",),
        _STREAM,
        roles=_ADMIN,
        footer=30,
        takes=("list.mark",),
    ),
    Action("events.tail", "Newest", "Go to the newest record, and follow.", ("T",), _STREAM, roles=_OF_ALL, footer=40),
    Action(
        "events.record",
        "Record",
        "Show the key, the headers and the value of the record.",
        ("v",),
        _STREAM,
        roles=_OF_ALL,
        needs=(Fact.SELECTED,),
        footer=50,
    ),
    Action(
        "events.topology",
        "Topology",
        "Show the publishers and consumers of each topic, how often, and how far each consumer is behind.",
        ("m",),
        _STREAM,
        roles=_OF_ALL,
        command="trace topology",
        footer=45,
    ),
    _flow("next_hit", "Next hit", "Go to the next event that was found.", "n"),
    _flow("previous_hit", "Previous hit", "Go to the event that was found before.", "N"),
    Action(
        "recording.play",
        "Play",
        "Let the recording go on at its own pace, or stand still.",
        ("space",),
        _STREAM,
        roles=_READER,
        footer=11,
        takes=("list.mark",),
    ),
    _recorded(
        "back", "Back", "Go back to the record before that passes the filter.", "h", "left", footer=12, group="Record"
    ),
    _recorded("on", "On", "Go on to the next record that passes the filter.", "l", "right", footer=13, group="Record"),
    _recorded(
        "part_back",
        "Part back",
        "Go back by a twentieth of the recording.",
        "left_square_bracket",
        footer=14,
        group="Part",
    ),
    _recorded(
        "part_on", "Part on", "Go on by a twentieth of the recording.", "right_square_bracket", footer=15, group="Part"
    ),
    _recorded("time", "Time", "Go to a time of the recording.", "at", footer=16),
    _recorded("slower", "Slower", "Let the recording play slower.", "less_than_sign"),
    _recorded("faster", "Faster", "Let the recording play faster.", "greater_than_sign"),
)
