"""The looks of text as styles of the terminal."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from marketplace_tui.text.lines import LOOKS, Line, Look, Span, filled_line
from marketplace_tui.text.shown import shown
from marketplace_tui.text.signs import ASCII

if TYPE_CHECKING:
    from textual.widget import Widget

GROUND_CLASSES = {"look--plain"}
"""The component class that a widget declares to draw lines: the look of its own plain text."""

GROUND_CSS = "& > .look--plain { color: $foreground; }"

CLASSES = {f"look--{look}" for look in LOOKS} - GROUND_CLASSES
"""The other looks, which are the same all over a screen: it declares them once, and `app.tcss` has their colours."""


def strip_of(widget: Widget, line: Line, width: int, base: Style | None = None) -> Strip:
    """A line as `width` cells of the terminal, over the style of the widget or another one.

    The last guard: a span that is not safe to show after all (an id, a currency of a marketplace elsewhere) becomes so.
    """
    ground = ground_of(widget) if base is None else base
    ascii_only = getattr(widget.app, "ascii", False)
    segments = [
        Segment(span.text.translate(ASCII) if ascii_only else span.text, ground + _style(widget, span.look, span.act))
        for span in filled_line(tuple(map(_safe, line)), width)
    ]
    return Strip(segments, width)


def ground_of(widget: Widget) -> Style:
    """The style of a widget's plain text. Textual keeps it, and works out `Widget.rich_style` anew for each line."""
    return widget.get_component_rich_style("look--plain")


def _safe(span: Span) -> Span:
    text = shown(span.text)
    return span if text == span.text else Span(text, span.look, span.act)


def _style(widget: Widget, look: Look, act: str) -> Style:
    style = Style() if look == "plain" else _on_any_ground(widget.screen.get_component_rich_style(f"look--{look}"))
    return style + Style.from_meta({"@click": f"screen.act('{act}')"}) if act else style


@lru_cache(maxsize=256)
def _on_any_ground(style: Style) -> Style:
    """A style, whose transparent colours are mixed already, without its background."""
    return Style(color=style.color, bold=style.bold or None, underline=style.underline or None, dim=style.dim or None)
