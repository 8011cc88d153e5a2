"""Text of others never breaks a line, and never reaches the terminal as anything but text."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from marketplace_tui.text.lines import Range, Span, apart, cut_line, filled_line, highlighted, plain, width_of, wrapped
from marketplace_tui.text.reasons import reason_words
from marketplace_tui.text.shown import fitted, fitted_right, shown, shown_lines
from marketplace_tui.text.table import Column, flat_line, table_line

HOSTILE = st.text(st.characters(exclude_categories=[])) | st.sampled_from(
    [
        "\x1b[2J\x1b]0;owned\x07",
        "[red]no markup[/]",
        "שלום עולם",
        "e" + "\u0301" * 50,
        "\U0001f469\u200d\U0001f469\u200d\U0001f467",
        "a\u202eb",
        "語" * 60,
        "x" * 10_001,
    ]
)
WIDTHS = st.integers(0, 200)


@given(HOSTILE)
def test_nothing_shown_is_a_control_or_reorders(text: str) -> None:
    assert not [
        one
        for one in shown(text)
        if unicodedata.category(one) in {"Cc", "Cs", "Zl", "Zp"} or one in "\u202e\u2066\u200f"
    ]


@given(HOSTILE, WIDTHS)
@example("語語語", 2)
def test_fitted_text_has_exactly_its_width(text: str, width: int) -> None:
    assert cell_len(fitted(text, width)) == width
    assert cell_len(fitted_right(text, width)) == width


@given(st.lists(HOSTILE), WIDTHS)
def test_lines_never_overflow(texts: list[str], width: int) -> None:
    line = tuple(Span(shown(text)) for text in texts)
    assert width_of(cut_line(line, width)) <= width
    assert width_of(filled_line(line, width)) == width
    assert width_of(apart(line, (Span("right"),), width)) <= width


@given(HOSTILE, st.integers(1, 60))
@example("a \U000e0000 b", 1)
def test_wrapped_lines_fit_and_lose_no_word(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert all(cell_len(line) <= max(width, 2) for line in lines)
    assert "".join("".join(lines).split()) == "".join("".join(shown_lines(text)).split())


@given(HOSTILE, st.lists(st.builds(Range, st.integers(-5, 60), st.integers(-5, 60))))
def test_highlights_change_no_text(text: str, ranges: list[Range]) -> None:
    pieces = plain(highlighted(text[:2000], ranges))
    assert pieces.replace("\u0301", "") == shown(text[:2000]).replace("\u0301", "")


@given(st.lists(HOSTILE, min_size=3, max_size=3), st.integers(0, 120))
def test_a_row_has_exactly_the_width_of_its_table(cells: list[str], width: int) -> None:
    columns = (Column("A", 4, grows=True), Column("B", 6, right=True), Column("C", 8, drop=1))
    row = [(Span(shown(cell)),) for cell in cells]
    assert width_of(table_line(columns, row, width)) == width
    assert "\n" not in flat_line(columns, row)


@pytest.mark.parametrize(("text", "expected"), [("a\tb\nc", "a b c"), ("\x1b[0m", "␛[0m"), ("tea", "tea")])
def test_it_says_what_was_there(text: str, expected: str) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("cancelled-by-shopper", "the shopper cancelled it"),
        ("refunded-by-seller: cracked: both", "the seller gives the money back: cracked: both"),
        ("delivered: to a neighbour", "to a neighbour"),
        ("no idea: none", "no idea: none"),
    ],
)
def test_a_code_becomes_words_and_what_a_person_wrote_stays(reason: str, words: str) -> None:
    assert reason_words(reason) == words
