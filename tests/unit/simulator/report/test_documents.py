"""JUnit's XML and Markdown of a run: what fails and why, and text of others that is only text."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from services_stub.contracts.encoding import indented_json
from simulator.auditor.checks import Check
from simulator.history import RunDirectory
from simulator.measure.measurements import Measurements
from simulator.report.junit import junit
from simulator.report.markdown import code, fenced, markdown, table
from simulator.report.writing import write_reports
from simulator.trace.drawings.plain import plain
from tests.unit.simulator.report.stored import results

TEXTS = st.text(min_size=1, max_size=30)


def test_what_is_wrong_is_a_failure_with_its_evidence() -> None:
    root = ElementTree.fromstring(junit(results()))
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == (str(len(Check) + 6), "3", "0")
    case = root.find(".//testcase[@name='lost-order']")
    assert case is not None
    failure = case.find("failure")
    assert failure is not None
    assert "order o1 was answered" in (failure.text or "")
    assert "marketplace trace show o1" in (failure.text or "")


def test_a_run_that_was_not_judged_passes_no_check() -> None:
    root = ElementTree.fromstring(junit(results(interrupted=True, exitCode=130)._replace(judged=None)))
    assert root.get("skipped") == str(len(Check))
    assert root.find(".//testcase[@name='the run came to its end']/error") is not None


@settings(max_examples=20)
@given(TEXTS)
def test_the_xml_is_sound_whatever_others_said(text: str) -> None:
    ElementTree.fromstring(junit(results(text, measurements=Measurements())))


@given(TEXTS)
def test_a_code_span_shows_a_text_as_it_is(text: str) -> None:
    (inline,) = (token for token in MarkdownIt().parse(f"a {code(text)} b") if token.type == "inline")
    assert [(token.type, token.content) for token in inline.children or []][1] == ("code_inline", plain(text))


@given(TEXTS)
def test_a_cell_holds_any_text(text: str) -> None:
    lines = table(("one", "two"), [[code(text), "2"]], numbers=1)
    tokens = MarkdownIt().enable("table").parse("\n".join(lines))
    cells = [token.children or [] for token in tokens if token.type == "inline"]
    assert [[child.content for child in cell] for cell in cells] == [["one"], ["two"], [plain(text)], ["2"]]


@given(st.lists(st.text(alphabet="`~ ax\n", max_size=8), min_size=1, max_size=3))
def test_a_fence_is_not_ended_by_what_is_in_it(lines: list[str]) -> None:
    (token,) = MarkdownIt().parse("\n".join(fenced(lines)))
    assert token.type == "fence"
    assert token.content.splitlines() == [plain(line) for line in lines]


def test_markdown_has_verdict_objectives_faults_and_violations() -> None:
    text = markdown(results())
    assert text.startswith("## ❌ invariant violated: run `r1`\n")
    assert "| ❌ missed | `search.p99<5ms` | 15 ms | 400 |" in text
    assert "| `kill:payment` | `o1` | 1.0 s | 2.0 s | 2 | 9 |" in text
    assert "7 × <code>lost-order</code>" in text


def test_reports_are_written_from_the_files_of_a_run(tmp_path: Path) -> None:
    directory, run = RunDirectory(tmp_path), results()
    directory.write(run.record)
    with pytest.raises(FileNotFoundError):
        write_reports(directory)
    directory.summary.write_text(indented_json(run.summary), encoding="utf-8")
    paths = write_reports(directory)
    assert [path.name for path in paths] == ["report.html", "junit.xml", "summary.md"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        ["run.json", "summary.json", "report.html", "junit.xml", "summary.md"]
    )
