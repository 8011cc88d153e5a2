"""The looks of text as styles of the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from marketplace_tui.text.lines import LOOKS, Line, Look, filled_line
from marketplace_tui.text.signs import ASCII

if TYPE_CHECKING:
    from textual.widget import Widget

CLASSES = {f"look--{look}" for look in LOOKS}
"""The component classes that a widget declares to draw lines."""

CSS = """
    & > .look--plain { color: $foreground; }
    & > .look--dim { color: $text-muted; }
    & > .look--strong { text-style: bold; }
    & > .look--accent { color: $text-accent; }
    & > .look--good { color: $text-success; }
    & > .look--bad { color: $text-error; }
    & > .look--warning { color: $text-warning; }
    & > .look--match { text-style: bold underline; }
    & > .look--key { color: $text-accent; text-style: bold; }
"""


def strip_of(widget: Widget, line: Line, width: int, base: Style | None = None) -> Strip:
    """A line as `width` cells of the terminal, over the style of the widget or another one."""
    ground = ground_of(widget) if base is None else base
    ascii_only = getattr(widget.app, "ascii", False)
    segments = [
        Segment(span.text.translate(ASCII) if ascii_only else span.text, ground + _style(widget, span.look, span.act))
        for span in filled_line(line, width)
    ]
    return Strip(segments, width)


def ground_of(widget: Widget) -> Style:
    """The style of a widget's plain text. Textual keeps it, and works out `Widget.rich_style` anew for each line."""
    return widget.get_component_rich_style("look--plain")


def _style(widget: Widget, look: Look, act: str) -> Style:
    style = Style() if look == "plain" else _on_any_ground(widget.get_component_rich_style(f"look--{look}"))
    return style + Style.from_meta({"@click": f"screen.act('{act}')"}) if act else style


def _on_any_ground(style: Style) -> Style:
    """A style, whose transparent colours are mixed already, without its background."""
    return Style(color=style.color, bold=style.bold or None, underline=style.underline or None, dim=style.dim or None)
