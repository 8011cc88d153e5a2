# Every target sets up what it needs: uv comes into .bootstrap/ unless it is installed, everything else into .venv/.
.PHONY: demo test slow check bench format clean

PYTHON ?= python3
UV := $(or $(shell command -v uv 2>/dev/null),.bootstrap/bin/uv)
RUN := .venv/bin
# Silent once there is something to be silent about: the first time takes a while, and says what it does.
SYNC = $(UV) sync --locked --inexact $(if $(wildcard $(RUN)/marketplace),--quiet)

unexport VIRTUAL_ENV
export UV_PROJECT_ENVIRONMENT := .venv
# Start-up takes twice as long from sources that are not compiled.
export UV_COMPILE_BYTECODE := 1
# The certificates that the machine trusts, which may be more than those that uv brings.
export UV_SYSTEM_CERTS := true

demo: $(UV)
	@$(SYNC) --no-dev
	@$(RUN)/marketplace demo

test: $(UV)
	@$(SYNC)
	@$(RUN)/pytest

# What takes longer: Apache Kafka, and faults under load.
slow: $(UV)
	@$(SYNC) --extra apache-kafka
	@$(RUN)/pytest -m slow --timeout 600

check: $(UV)
	@$(SYNC)
	@$(RUN)/ruff check .
	@$(RUN)/ruff format --check .
	@$(RUN)/mypy
	@$(RUN)/lint-imports

bench: $(UV)
	@$(SYNC) --extra apache-kafka
	@$(RUN)/python -m tests.bench

format: $(UV)
	@$(SYNC)
	@$(RUN)/ruff check --fix .
	@$(RUN)/ruff format .

clean:
	rm -rf .venv .bootstrap .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
	find services_stub marketplace_tui simulator tests -name __pycache__ -prune -exec rm -rf {} +

# Debian ships a Python that has venv but nothing to fill it with, or no venv at all, so pip alone will do as well.
.bootstrap/bin/uv:
	@echo "Installing uv into .bootstrap/"
	@rm -rf .bootstrap
	@{ $(PYTHON) -m venv .bootstrap && .bootstrap/bin/pip install --quiet --disable-pip-version-check uv; } >/dev/null 2>&1 \
	  || { rm -rf .bootstrap && $(PYTHON) -m pip install --quiet --disable-pip-version-check --root-user-action ignore --target .bootstrap uv; } \
	  || { rm -rf .bootstrap; echo "uv could not be installed. It needs a network, and Python 3.11 or newer with venv" \
	       "or pip (Debian: apt-get install python3-venv); PYTHON=... names another one." >&2; exit 1; }
