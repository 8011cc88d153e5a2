"""The house theme, dark and light; all themes of Textual can be chosen as well."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="marketplace",
    primary="#4f9da6",
    secondary="#7a8c99",
    accent="#e0a458",
    foreground="#e6e6e1",
    background="#14181c",
    surface="#1c2228",
    panel="#222a31",
    success="#7fb685",
    warning="#e0a458",
    error="#d9675f",
    dark=True,
)

LIGHT = Theme(
    name="marketplace-light",
    primary="#2f7f88",
    secondary="#5d6b75",
    accent="#a3601a",
    foreground="#22282c",
    background="#faf8f4",
    surface="#f1eee7",
    panel="#e7e3da",
    success="#3d7a45",
    warning="#96610c",
    error="#b23a32",
    dark=False,
)

THEMES = (DARK, LIGHT)
