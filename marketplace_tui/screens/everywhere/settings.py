"""The settings: theme, characters, layout, and the key of each action; written to the file at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from marketplace_tui.actions.registry import BY_ID
from marketplace_tui.screens.everywhere.dialogs import Choice
from marketplace_tui.settings import Settings
from marketplace_tui.text.keys import key_name

Change = Callable[[Settings], Settings]


def choices(settings: Settings, themes: Sequence[str]) -> list[Choice]:
    """Everything that can be set, with its present value."""
    switches = [
        Choice("ascii", "Signs in ASCII", _words(settings.ascii)),
        Choice("flat", "Flat layout for screen readers", _words(settings.flat)),
        Choice("animations", "Animations", _words(settings.animations)),
        Choice("mouse", "Mouse, from the next start on", _words(settings.mouse)),
    ]
    keys = [
        Choice(f"key {action.id}", f"Key: {action.words}", ", ".join(key_name(key) for key in action.keys))
        for action in BY_ID.values()
    ]
    return [
        *switches,
        *(Choice(f"theme {name}", f"Theme: {name}", "chosen" if name == settings.theme else "") for name in themes),
        *keys,
    ]


def changed(settings: Settings, key: str) -> Settings:
    """The settings after a choice; a switch is put the other way."""
    if key.startswith("theme "):
        return replace(settings, theme=key.removeprefix("theme "))
    switches: dict[str, Change] = {
        "ascii": lambda old: replace(old, ascii=not old.ascii),
        "flat": lambda old: replace(old, flat=not old.flat),
        "animations": lambda old: replace(old, animations=not old.animations),
        "mouse": lambda old: replace(old, mouse=not old.mouse),
    }
    return switches[key](settings) if key in switches else settings


def _words(value: bool | None) -> str:
    return "as the terminal can" if value is None else "on" if value else "off"
