"""The answers of commands: aligned and safe on every terminal, whole in a pipe, and JSON for programs."""

from __future__ import annotations

import io
import json
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from marketplace_tui.commands.output import Column, Look, Output, Part, Table, json_of, table_lines
from services_stub.contracts.http.bulk import BulkLine

COLUMNS = (Column("Name", flexible=True), Column("Price", right=True), Column("Status"))
DANGEROUS = "[bold]Bowl[/] \x1b[2J\u202e\n\u009b31m :smile: é́ 器 👩‍👩‍👧"


def line_of(name: str) -> BulkLine:
    return BulkLine(
        product_id="p",
        name=name,
        old_price=Decimal("1.00"),
        price=Decimal("2.50"),
        old_quantity=1,
        quantity=1,
        version=2,
    )


def view(value: BulkLine, look: Look) -> Iterator[Part]:
    yield f"{value.name} is changed."
    yield Table(COLUMNS, [[value.name, str(value.price), look.status("PAID")]])


@given(st.lists(st.text(), max_size=4), st.integers(20, 200))
def test_every_line_of_a_table_fits_and_is_one_line(names: list[str], width: int) -> None:
    lines = table_lines(Table(COLUMNS, [[name, "1,000.00", "PAID"] for name in names]), width)
    assert len(lines) == 1 + len(names)
    assert all(cell_len(line) <= max(width, 8 + 2 + 8 + 2 + 6) for line in lines)
    assert {unicodedata.category(character) for line in lines for character in line} & {"Cc", "Zl", "Zp"} == set()


def test_numbers_stand_to_the_right_and_a_long_name_makes_room() -> None:
    rows = [["A very long name of a bowl", "9.00", "PAID"], ["Cup", "1,000.00", "PAID"]]
    assert table_lines(Table(COLUMNS, rows), 30) == [
        "NAME             PRICE  STATUS",
        "A very long…      9.00  PAID",
        "Cup           1,000.00  PAID",
    ]
    assert table_lines(Table(COLUMNS, rows), None)[1] == "A very long name of a bowl      9.00  PAID"


@given(st.text())
def test_json_is_the_contracts_own_and_safe_to_print(name: str) -> None:
    text = json_of(line_of(name))
    assert json.loads(text)["name"] == name
    assert {unicodedata.category(character) for character in text.replace("\n", "")} & {"Cc", "Zl", "Zp"} == set()
    assert '"oldPrice": 1.00' in text
    assert json.loads(json_of(line_of(name), ascii_only=True).encode("ascii"))["name"] == name


@pytest.mark.parametrize("as_json", [False, True])
def test_texts_of_others_are_neither_markup_nor_commands_for_the_terminal(
    as_json: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    output = Output(as_json=as_json)
    output.answer(line_of(DANGEROUS), view)
    output.note(DANGEROUS)
    said = capsys.readouterr()
    for text in (said.out, said.err):
        assert not {"\x1b[2J", "\u202e", "\u009b", "😄"} & set(text)
        assert "\x1b[2J" not in text
    assert "[bold]Bowl[/]" in said.out
    assert ":smile:" in said.err


def test_in_a_pipe_all_is_whole_and_plain(capsys: pytest.CaptureFixture[str]) -> None:
    name = "A very long name " * 20
    output = Output(as_json=False)
    output.answer(line_of(name), view)
    output.note("More.")
    said = capsys.readouterr()
    assert said.out.splitlines()[0] == f"{name} is changed."
    assert said.out.splitlines()[2] == f"{name}   2.50  PAID"
    assert said.err == "More.\n"


def test_values_are_short_on_a_terminal_and_whole_in_a_pipe() -> None:
    now = datetime(2026, 1, 1, 0, 0, 12, tzinfo=UTC)
    terminal, pipe = Look(now=now), Look(terminal=False, now=now)
    then, identifier = "2026-01-01T00:00:00Z", "0190a7d2-0000-7000-8000-0000deadbeef"
    assert (terminal.when(then), pipe.when(then)) == ("12 s ago", then)
    assert (terminal.id(identifier), pipe.id(identifier)) == ("…deadbeef", identifier)
    assert (terminal.clock("2026-01-01T12:34:56.789123Z")[3:], pipe.clock(then)) == ("34:56.789", then)
    assert (terminal.status("PAID"), pipe.status("PAID")) == ("● PAID", "PAID")
    assert (terminal.number(None), terminal.number(0)) == ("–", "0")


def test_a_terminal_without_unicode_gets_the_rest_of_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(written, encoding="ascii", write_through=True))
    output = Output(as_json=False)
    output.answer(line_of("Bowl é"), view)
    assert b"Bowl ? is changed." in written.getvalue()
    monkeypatch.setattr("sys.stderr", io.TextIOWrapper(written, encoding="latin-1", write_through=True))
    Output(as_json=False).note("● PAID …")
    assert b"* PAID ~" in written.getvalue()


def test_an_empty_table_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    Output(as_json=False).answer(None, lambda _value, _look: iter([Table(COLUMNS, [], "No orders yet.")]))
    assert capsys.readouterr().out == "No orders yet.\n"
