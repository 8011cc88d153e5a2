"""The public packages and the help of the command load little: seen in an interpreter of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

WITH_ALL_MODULES = """
import importlib, pkgutil
package = importlib.import_module({0!r})
for module in pkgutil.walk_packages(package.__path__, {0!r} + "."):
    importlib.import_module(module.name)
"""
HELP = """
from marketplace_tui import cli
assert cli.run(["--help"]) == 0
"""
REPORT = """
import json, sys
print(json.dumps(sorted(sys.modules)))
"""

OWN = {"services_stub", "simulator", "marketplace_tui"}
DEPENDENCIES: set[str] = {
    canonicalize_name(Requirement(text).name) for text in metadata.requires("marketplace-terminal") or []
}
"""The distributions that the project asks for, those of its extras included."""


def modules_loaded_by(program: str) -> set[str]:
    """The modules that a fresh interpreter has loaded at the end of `program`."""
    command = [sys.executable, "-c", program + REPORT]
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    loaded: list[str] = json.loads(result.stdout.splitlines()[-1])
    return set(loaded)


def dependencies_among(modules: set[str]) -> set[str]:
    """The dependencies of the project that these modules belong to."""
    distributions = metadata.packages_distributions()
    packages = {module.split(".")[0] for module in modules}
    return DEPENDENCIES & {canonicalize_name(name) for package in packages for name in distributions.get(package, [])}


def own_packages_among(modules: set[str]) -> set[str]:
    """The project's packages that these modules belong to: one level deep, where they are in one."""
    return {".".join(module.split(".")[:2]) for module in modules if module.split(".")[0] in OWN and "." in module}


@pytest.mark.parametrize(
    ("program", "own", "dependencies"),
    [
        pytest.param(
            WITH_ALL_MODULES.format("services_stub.contracts"),
            {"services_stub.contracts"},
            {"msgspec"},
            id="services_stub.contracts",
        ),
        pytest.param(
            WITH_ALL_MODULES.format("services_stub.client"),
            {"services_stub.client", "services_stub.contracts"},
            {"httpx", "idna", "msgspec", "rich"},  # httpx brings idna for its URLs, and rich for its command line
            id="services_stub.client",
        ),
        pytest.param(
            "import services_stub.client.control",
            {"services_stub.client", "services_stub.contracts"},
            {"msgspec"},
            id="services_stub.client.control",
        ),
        pytest.param(
            "import services_stub.infra.supervisor.start",
            {
                "services_stub.client",
                "services_stub.contracts",
                "services_stub.http_server",
                "services_stub.infra",
                "services_stub.runtime",
            },
            {"httptools", "msgspec", "uvicorn"},
            id="the supervisor",  # It lives as long as the marketplace, whose memory is counted.
        ),
        pytest.param(
            HELP,
            {
                "marketplace_tui.actions",
                "marketplace_tui.cli",
                "marketplace_tui.failures",
                "marketplace_tui.first_frame",
                "marketplace_tui.summaries",
                "services_stub.summaries",
                "simulator.summaries",
            },
            {"typer"},
            id="marketplace --help",
        ),
    ],
)
def test_only_the_expected_packages_are_loaded(program: str, own: set[str], dependencies: set[str]) -> None:
    modules = modules_loaded_by(program)
    assert own_packages_among(modules) == own
    assert dependencies_among(modules) == dependencies
