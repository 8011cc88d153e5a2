"""Breaks the services of a marketplace that starts with this folder on PYTHONPATH, as `MARKETPLACE_MUTANT` names it.

The launcher imports all services and forks one process for each; a process is broken between the fork and its start, so
that one which is started again after a kill is broken in the same way.
"""

from __future__ import annotations

import os
import sys

_ENTRY = "services_stub.infra.processes.service_process"


def _break_services() -> None:
    """In a process that was forked: patch what it runs, if that is services."""
    module = sys.modules.get(_ENTRY)
    if module is None:
        return
    run_services = module.run_services

    def run_broken(argument: bytes) -> None:
        from tests.system.mutants.catalogue import break_services

        break_services(argument)
        run_services(argument)

    setattr(module, "run_services", run_broken)  # noqa: B010 - a module has no such attribute for mypy


if "MARKETPLACE_MUTANT" in os.environ:
    os.register_at_fork(after_in_child=_break_services)
