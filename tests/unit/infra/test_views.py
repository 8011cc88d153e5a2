"""The output of the commands: logs and tables; and the first content of a marketplace."""

from __future__ import annotations

from pathlib import Path

import pytest

from services_stub.contracts.http.product import CreateProduct
from services_stub.infra.config.directory import DataDirectory
from services_stub.infra.config.errors import CannotShow
from services_stub.infra.inspection import log_view, tables
from services_stub.infra.inspection.log_view import LogReader
from services_stub.infra.processes.protocol import LineBuffer
from services_stub.infra.processes.readiness import tail
from services_stub.infra.supervisor.seed import PRODUCTS, catalogue


def test_a_log_is_read_line_by_line_as_it_grows(tmp_path: Path) -> None:
    log = tmp_path / "order.log"
    reader = LogReader(log)
    assert reader.step() == []
    log.write_text("one\ntwo\nthr")
    assert reader.last(1) == ["two"]
    with log.open("a") as file:
        file.write("ee\n\xe9\n")
    assert reader.step() == ["three", "é"]
    assert reader.step() == []


def test_a_log_that_is_begun_anew_is_read_from_its_beginning(tmp_path: Path) -> None:
    log = tmp_path / "order.log"
    log.write_text("old\n")
    reader = LogReader(log)
    assert reader.last(5) == ["old"]
    log.replace(tmp_path / "order.log.1")
    log.write_text("new\n")
    assert reader.step() == ["new"]


def test_logs_say_whose_they_are(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    directory.prepare()
    directory.log("auth").write_text("a\nb\n")
    directory.log("notification").write_text("c\n")
    heard: list[str] = []
    log_view.show(directory, "", 1, False, heard.append)
    assert heard == ["auth         | b", "notification | c"]
    heard.clear()
    log_view.show(directory, "auth", 9, False, heard.append)
    assert heard == ["a", "b"]
    with pytest.raises(CannotShow, match="auth, notification"):
        log_view.show(directory, "unknown", 9, False, heard.append)


def test_a_log_cannot_steer_the_terminal(tmp_path: Path) -> None:
    """Not every process writes its log as ours do."""
    directory = DataDirectory(tmp_path)
    directory.prepare()
    directory.log("kafka").write_text("a\x1b[2J\u202eb\n", encoding="utf-8")
    heard: list[str] = []
    log_view.show(directory, "", 1, False, heard.append)
    assert heard == ["kafka | a\\u001b[2J\\u202eb"]
    assert tail(directory.log("kafka")) == "  a\\u001b[2J\\u202eb"


def test_the_end_of_a_log_explains_a_failure(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert tail(log) == "(empty)"
    log.write_text("\n".join(map(str, range(9000))))
    assert tail(log).splitlines()[-1] == "  8999"
    assert len(tail(log).splitlines()) == 12


def test_columns_are_aligned() -> None:
    assert tables.columns([["A", "B"], ["long", "x"]]) == ["A     B", "long  x"]
    assert tables.mails([]) == "No messages yet."


def test_lines_are_cut_wherever_the_pieces_end() -> None:
    lines = LineBuffer()
    assert [lines.feed(piece) for piece in (b"a", b"b\nc\n\n", b"d", b"\n")] == [[], [b"ab", b"c", b""], [], [b"d"]]


def test_a_seed_always_gives_the_same_catalogue() -> None:
    first, second, other = list(catalogue(1)), list(catalogue(1)), list(catalogue(2))
    assert first == second
    assert first != other


@pytest.mark.parametrize("seed", [0, 1, 2**40, -5])
def test_every_product_of_the_catalogue_can_be_created(seed: int) -> None:
    items = list(catalogue(seed))
    assert len(items) == PRODUCTS == len({item.name for item in items})
    for item in items:
        CreateProduct(
            name=item.name,
            category=item.category,
            price=item.price,
            quantity=item.quantity,
            description=item.description,
        )
