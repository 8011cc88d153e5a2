# Every target sets up what it needs: uv comes into .bootstrap/ unless it is installed, everything else into .venv/.
.PHONY: demo test slow laws fuzz texts collector broker-suites live criteria soak poison-soak broker-kills broker-restarts broker-million broker-fuzz mutants seeds check bench bench-broker bench-load bench-tui bench-trace bench-hops bench-check pictures format install lock clean

PYTHON ?= python3
UV := $(or $(shell command -v uv 2>/dev/null),.bootstrap/bin/uv)
RUN := .venv/bin

# Start-up takes twice as long from sources that are not compiled.
export UV_COMPILE_BYTECODE := 1
# Every process of a marketplace starts faster from modules that are compiled already.
unexport PYTHONDONTWRITEBYTECODE
# The certificates that the machine trusts, which may be more than those that uv brings.
export UV_SYSTEM_CERTS := true

demo: .venv/.runtime
	@$(RUN)/marketplace demo

# On two cores: the tests that share a marketplace on one of them, in their order, and all others on both.
test: .venv/.dev
	@$(RUN)/pytest --numprocesses 2 --dist loadgroup

# What takes longer: Apache Kafka, and faults under load.
slow: .venv/.dev .venv/.apache-kafka
	@$(RUN)/pytest -m slow --timeout 600

# Everything that hypothesis knows of a law, with examples that no run has had before.
laws: .venv/.dev
	@$(RUN)/pytest -m hypothesis --hypothesis-profile new --timeout 0 --numprocesses 2 --dist loadgroup

# MINUTES of what schemathesis makes of the OpenAPI document, in four roles; `make slow` has a minute of it.
fuzz: MINUTES ?= 10
fuzz: export MARKETPLACE_FUZZ_MINUTES = $(MINUTES)
fuzz: .venv/.dev
	@$(RUN)/pytest -m slow tests/system/test_fuzz.py

# A hundred walks of each role through all screens with texts that hypothesis makes.
texts: export MARKETPLACE_TEXT_WALKS := 100
texts: .venv/.dev
	@$(RUN)/pytest -m "slow or not slow" --timeout 0 tests/tui/test_hostile.py

# What an OpenTelemetry collector makes of a flow. It is built by Go the first time, which takes minutes.
collector: export MARKETPLACE_COLLECTOR := 1
collector: .venv/.dev
	@$(RUN)/pytest -m slow tests/system/test_exports.py

# The tests of librdkafka and franz-go on the embedded broker. The first time they are fetched and built: two minutes more.
broker-suites: export MARKETPLACE_BROKER_SUITES := 1
broker-suites: .venv/.dev
	@$(RUN)/pytest -m slow tests/system/test_broker_suites.py

# The live stream under load: 500 clients for a minute, over restarts of the gateway, on both Kafkas.
live: export LIVE_CLIENTS := 500
live: export LIVE_SECONDS := 60
live: .venv/.dev .venv/.apache-kafka
	@$(RUN)/pytest -m slow --timeout 600 -s tests/system/test_live_stream.py

# Online Marketplace's criteria in a mixed run of ten minutes, on the embedded broker and Apache Kafka.
criteria: export MARKETPLACE_CRITERIA_SECONDS := 600
criteria: .venv/.dev .venv/.apache-kafka
	@$(RUN)/pytest -m slow -s tests/system/test_criteria.py

# RATE orders a second for MINUTES, with a fault each minute, drawn from a seed: the run passes, and orders a second,
# their CPU and the memory of each process are at its end what they were at its beginning. `make slow` has less than a
# minute of it.
soak: MINUTES ?= 30
soak: RATE ?= 300
soak: .venv/.dev
	@$(RUN)/python -m tests.system.soak --minutes $(MINUTES) --rate $(RATE)

# RATE orders a second for MINUTES, with poison of every kind on every topic each minute: no restart, every dead letter
# there with its reason, and memory flat after five minutes. `make slow` has less than a minute of it.
poison-soak: MINUTES ?= 30
poison-soak: RATE ?= 200
poison-soak: .venv/.dev
	@$(RUN)/python -m tests.system.poison_soak --minutes $(MINUTES) --rate $(RATE)

# The embedded broker alone, whose long runs end with 1 if anything is wrong; `make slow` has less than a minute of each.
# Ten producers and ten consumers for MINUTES, while they and the broker are killed at random.
broker-kills: MINUTES ?= 10
broker-kills: .venv/.dev
	@$(RUN)/python -m tests.broker.kills --minutes $(MINUTES)

# A marketplace whose broker is killed KILLS times: with its log kept, with its log lost, and Apache Kafka.
broker-restarts: KILLS ?= 20
broker-restarts: export MARKETPLACE_BROKER_KILLS = $(KILLS)
broker-restarts: .venv/.dev .venv/.apache-kafka
	@$(RUN)/pytest -m slow --timeout 0 -s tests/system/test_empty_log.py

# The records of ORDERS, written and read from the beginning, with kills of the broker in between.
broker-million: ORDERS ?= 1000000
broker-million: .venv/.dev
	@$(RUN)/python -m tests.broker.million --orders $(ORDERS)

# So many mutated requests, while another client is served.
broker-fuzz: REQUESTS ?= 10000000
broker-fuzz: .venv/.dev
	@$(RUN)/python -m tests.broker.fuzz --requests $(REQUESTS)

# The auditor against services that are broken on purpose, one run each; and against N sound runs. Both take half an hour,
# may be stopped and called again, and keep their results in .mutants/ until the sources change.
mutants: .venv/.dev
	@$(RUN)/python -m tests.system.mutants

N ?= 100
seeds: .venv/.dev
	@$(RUN)/python -m tests.system.mutants --seeds $(N)

check: .venv/.dev
	@$(RUN)/ruff check .
	@$(RUN)/ruff format --check .
	@$(RUN)/mypy
	@$(RUN)/lint-imports

bench: .venv/.dev .venv/.apache-kafka
	@$(RUN)/python -m tests.bench

# The load generator beside Locust, which is installed for it, and k6, which Go builds the first time: minutes.
bench-load: .venv/.dev
	@$(RUN)/python -m tests.bench.generators

# How long the embedded broker takes to start, with an empty log and with a million records.
bench-broker: .venv/.dev
	@$(RUN)/python -m tests.bench.broker

bench-tui: .venv/.dev
	@$(RUN)/python -m tests.bench.tui

# How fast the trace reads, beside a bare consumer and kcat.
bench-hops: .venv/.dev
	@$(RUN)/python -m tests.bench.request_hops

bench-trace: .venv/.dev .venv/.apache-kafka
	@$(RUN)/python -m tests.bench.trace

# How long it takes to judge a stored run of a million events, and in how much memory.
bench-check: .venv/.dev
	@$(RUN)/python -m tests.bench.check

# The screens of the client for the README and the docs.
pictures: .venv/.dev
	@$(RUN)/python -m tests.tui.pictures docs/screens

format: .venv/.dev
	@$(RUN)/ruff check --fix .
	@$(RUN)/ruff format .

# Everything that the targets above need, for running a part of it: `.venv/bin/pytest tests/unit`, `uv run marketplace`.
install: .venv/.dev
	@:

# The project's files are used where they are. Each set of pins has a marker that is older when there is something to do.
INSTALL = $(UV) pip install --python .venv
.venv/.dev .venv/.apache-kafka: .venv/.runtime
.venv/.%: requirements/%.txt .venv/.project
	@$(INSTALL) --require-hashes -r $<
	@touch $@

.venv/.project: pyproject.toml requirements/build.txt .venv/bin/python
	@$(INSTALL) --no-deps --build-constraints requirements/build.txt --editable .
	@touch $@

.venv/bin/python: | $(UV)
	@$(UV) venv --quiet --clear --python '>=3.11' .venv

# Pins the requirements of pyproject.toml for every platform and Python, and keeps the pins that still fit: remove a pin,
# or a file of them, to get the newest instead. No pin names the index that its package comes from.
PIN = $(PYTHON) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))$(1), sep="\n")' | $(UV) pip compile \
  --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command "make lock" \
  -o requirements/$(2).txt - $(3) >/dev/null
lock: $(UV)
	@$(call PIN,["project"]["dependencies"],runtime)
	@$(call PIN,["dependency-groups"]["dev"],dev,-c requirements/runtime.txt)
	@$(call PIN,["project"]["optional-dependencies"]["apache-kafka"],apache-kafka,-c requirements/runtime.txt)
	@$(call PIN,["build-system"]["requires"],build)
	@$(PYTHON) requirements/constrain.py

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
