"""Texts of others at their worst, answers that are full of them, and what holds of a screen that shows them."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Callable, Sequence
from typing import Any, Literal, get_origin

import msgspec
from hypothesis import strategies as st
from textual._compositor import LayoutUpdate
from textual.strip import Strip
from wcwidth import wcswidth, wcwidth

from marketplace_tui.actions.places import PLACES
from marketplace_tui.actions.registry import BY_ID
from marketplace_tui.app import MarketplaceApp
from marketplace_tui.screens.base import ClientScreen
from marketplace_tui.text.lines import plain
from marketplace_tui.text.table import header_line
from marketplace_tui.widgets.diagram import Diagram
from marketplace_tui.widgets.rows import Rows
from services_stub.contracts.control import ProcessState, ServiceState
from services_stub.contracts.http.dead_letters import DeadLetter
from services_stub.contracts.http.gateway import ServiceHealth
from tests.tui.running import RunningClient

PIECES = (
    *("[bold red]", "[/]", "[@click=app.quit]", "\\[", "{x}", "$foreground", ":smile:", "%s"),
    *(
        "\x1b[31m",
        "\x1b[2J\x1b[H",
        "\x1b]0;owned\x07",
        "\x1b]52;c;AAAA\x1b\\",
        "\x9b5A",
        "\x90q\x9c",
        "\0",
        "\x7f",
        "\b",
    ),
    *("\n", "\r\n", "\t", "\v", "\x85", "\u2028", "\u2029"),
    *("שלום עולם", "مرحبا", "\u202e", "\u2066", "\u2069", "\u200f", "\u061c"),
    *("👩\u200d👩\u200d👧", "🇩🇪", "🇩", "👍🏽", "🏽", "❤\ufe0f", "1\ufe0f\u20e3", "🏴\U000e0067\U000e0062\U000e007f"),
    *("e\u0301", "\u0301" * 60, "a\u20dd", "क्षि", "ก็", "한국", "\u1112\u1161\u11ab", "語", "ﾊ", "ﷺ"),
    *("\u200b", "\u200c", "\u200d", "\u00ad", "\ufeff", "\u3164", "\u00a0", "\u3000", " ", "x", "tea "),
)
CHARACTERS = st.characters(exclude_categories=["Cs", "Cn"])
"""A lone surrogate cannot be sent as JSON, and the width of what is not assigned yet is not known."""

HOSTILE = (
    st.text(CHARACTERS)
    | st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
    | st.builds(lambda piece, length: (piece * length)[:length], st.sampled_from(PIECES), st.sampled_from([60, 10_000]))
)
TEXTS = st.lists(HOSTILE, min_size=8, max_size=8)
"""The texts of one example: each place shows one of them."""

EVERYTHING = (
    "".join(PIECES),
    *("".join(PIECES[start::5]) for start in range(5)),
    "語" * 10_000,
    "x" * 10_000,
    "",
    "   ",
)

TextOf = Callable[[str], str]

_TIME = re.compile(r"\d{4}-\d\d-\d\dT.*Z")
_OF_THE_MARKETPLACE = re.compile(r".*_(id|ids|token|cursor)|field|type|role|currency|gateway|.*_url")
_OF_HEADERS = {"event_id", "correlation_id"}
"""Of a dead letter: they were read from a record of some other program."""

_CLICKS = {f"screen.act('{action}')" for action in (*BY_ID, "apply", "close")}


def spread(texts: Sequence[str]) -> TextOf:
    """One of the texts for each text, the same one wherever it stands."""
    return lambda text: texts[zlib.crc32(text.encode()) % len(texts)]


def rewritten(value: Any, text_of: TextOf) -> Any:
    """A value with another text in every field that holds one, but for ids, times, and words of the contract."""
    if isinstance(value, msgspec.Struct):
        fields = msgspec.structs.fields(value)
        return msgspec.structs.replace(
            value, **{one.name: _field(value, one, getattr(value, one.name), text_of) for one in fields}
        )
    if isinstance(value, list | tuple):
        return type(value)(rewritten(one, text_of) for one in value)
    return value


def _field(of: msgspec.Struct, info: msgspec.structs.FieldInfo, value: Any, text_of: TextOf) -> Any:
    if type(value) is not str:
        return rewritten(value, text_of)
    if isinstance(of, DeadLetter) and info.name in _OF_HEADERS:
        return text_of(value)
    if _OF_THE_MARKETPLACE.fullmatch(info.name) or _TIME.fullmatch(value) or get_origin(info.type) is Literal:
        return value
    is_process = isinstance(of, ServiceHealth | ServiceState | ProcessState) and info.name == "name"
    return value if is_process else text_of(value)


def strips_of(client: RunningClient) -> list[Strip]:
    """The lines of the terminal as they are drawn, what lies below a dialog included."""
    app = client.app
    update = app.screen._compositor.render_update(full=True, screen_stack=app._background_screens)
    assert isinstance(update, LayoutUpdate)
    return [Strip.join(line) for line in update.strips]


def assert_intact(client: RunningClient) -> None:
    """Every line has the width of the terminal, however it is counted, no more than text, and what stands fast there.

    That is the place in the title, the heads of the tables, and the line of keys.
    """
    width, height = client.app.size
    strips = strips_of(client)
    assert len(strips) == height
    for strip in strips:
        text = strip.text
        assert Strip(list(strip)).cell_length == width, text
        if not (text.isascii() and text.isprintable()):
            assert sum(map(wcwidth, text)) == width, text
            assert has_indic_clusters(text) or wcswidth(text) == width, text
            assert not is_obeyed(text), text
        for segment in strip:
            assert segment.control is None
            if segment.style is not None:
                assert segment.style.link is None
                assert segment.style.meta.get("@click", "screen.act('apply')") in _CLICKS
    _assert_landmarks(client.app, strips, width)


def _assert_landmarks(app: MarketplaceApp, strips: Sequence[Strip], width: int) -> None:
    screen = next(one for one in reversed(app.screen_stack) if isinstance(one, ClientScreen))
    place = PLACES[screen.PLACE]
    assert strips[0].text.startswith(f" Marketplace › {PLACES[place.parent or place.name].title}")
    assert strips[-1].text.rstrip() == "".join(map(plain, screen._draw_keys(width, 1))).rstrip()
    for rows in app.screen.query(Rows):
        if rows.display and rows._header and rows.cursor_key and not isinstance(rows, Diagram):
            region = rows.region
            head = "  " + plain(header_line(rows.columns, rows.size.width - 2))
            assert strips[region.y].crop(region.x, region.x + rows.size.width).text == head


_OBEYED = {"Cc", "Cs", "Zl", "Zp"}
_REORDERING = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}


def is_obeyed(text: str) -> bool:
    """Whether a terminal would do something else with a text than show it where it stands."""
    categories, directions = set(map(unicodedata.category, text)), set(map(unicodedata.bidirectional, text))
    return bool(categories & _OBEYED or directions & _REORDERING)


def has_indic_clusters(text: str) -> bool:
    """Whether spacing marks or viramas join characters: some terminals give the whole two cells, others count each."""
    return any(unicodedata.category(one) == "Mc" or unicodedata.combining(one) == 9 for one in text)
