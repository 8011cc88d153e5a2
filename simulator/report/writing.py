"""Writes the reports of a run into its directory: a page, JUnit's XML and Markdown."""

from __future__ import annotations

from pathlib import Path

from simulator.history import RunDirectory
from simulator.report.junit import junit
from simulator.report.markdown import markdown
from simulator.report.page import page
from simulator.report.results import read_results


def write_reports(directory: RunDirectory) -> list[Path]:
    """Write them, whole each, from the other files of the run; their paths.

    Raises:
        OSError: the run has no results: it is under way, or was killed; or a file cannot be read or written.
        msgspec.MsgspecError: a file of the run is damaged.
    """
    results = read_results(directory)
    reports = {directory.report: page(results), directory.junit: junit(results), directory.markdown: markdown(results)}
    for path, content in reports.items():
        temporary = path.with_name(f".{path.name}.new")
        temporary.write_text(content, encoding="utf-8")
        temporary.replace(path)
    return list(reports)
