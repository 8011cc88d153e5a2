# Every command sets up what it needs: uv comes into .bootstrap/ unless it is installed.
.PHONY: demo test check bench format clean

UV := $(shell command -v uv 2>/dev/null || echo .bootstrap/bin/uv)
RUN := $(UV) run --quiet --locked
PYTHON ?= python3

demo: $(UV)
	@$(RUN) --no-dev marketplace demo

test: $(UV)
	@$(RUN) pytest

check: $(UV)
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) mypy
	@$(RUN) lint-imports

bench: $(UV)
	@$(RUN) --extra apache-kafka python -m tests.bench

format: $(UV)
	@$(RUN) ruff check --fix .
	@$(RUN) ruff format .

clean:
	rm -rf .venv .bootstrap .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist

.bootstrap/bin/uv:
	@$(PYTHON) -m venv .bootstrap
	@.bootstrap/bin/pip install --quiet --disable-pip-version-check uv
