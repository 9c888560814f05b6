# Everything sets itself up: all it needs is Python 3.11 or newer, make and git.
#
#   make run    make the shipped ledger, print the known answers, serve the API and its docs
#   make test   the tests
#   make test-newest  a part of the tests on the package as a user gets it today: from a wheel, with the newest versions
#                 that its ranges admit, on the newest Python that is found (make newest: that environment, anew)
#   make generator  what generates a client from the API's description, for the test of that (.venv-generator)
#   make azurite  an emulator of Azure's store, for the tests of places there (.azurite; it needs Node.js and npm)
#   make check  formatting, linting, types, tests
#   make judge  thousands of generated histories against the naive model (HISTORIES=20000; hours), and the
#               properties that `make test` tries with a few histories and examples, with many
#   make bench  how fast it is, beside what the same work costs another way (SIZE=1000000; build/benchmarks)
#   make fuzz   REQUESTS=20000 requests made from the description of the API, of which none may be a server error
#   make docs   bring the tables in the READMEs up to date with the code
#   make golden   golden bytes for a new type of event, or a new version of one
#   make articles   how the shipped ledger holds the facts of two articles: as typed events, as text, or not at all
#   make tampering  alter a log in thousands of ways, and see that each is found (TAMPERINGS=5000)
#   make crashes   kill writers, and cut the power of a recorded disk, thousands of times, and see that nothing is lost
#                 (CYCLES=2000 CUTS=5000; the cuts need strace)
#   make mutants  plant bugs in the SQL, and see the tests catch them
#   make sandbox  statements of SQL without end or measure, each with its time and memory until it was stopped
#   make spark  pyspark for the tests that fold on Apache Spark (400 MB; it needs Java 17 or later)
#   make lock   choose the versions in requirements.lock anew (needs uv)

SHELL := /bin/bash
# Tests start many processes; where Python may not keep what it compiled, each of them compiles the project again.
export PYTHONDONTWRITEBYTECODE :=
VENV := .venv
READY := $(VENV)/.ready
BIN := $(VENV)/bin
NEWEST := .venv-newest
GENERATOR := .venv-generator
AZURITE := .azurite
QUIETLY := --quiet --disable-pip-version-check
PORT ?= 8000
HISTORIES ?= 20000
TAMPERINGS ?= 5000
CYCLES ?= 2000
CUTS ?= 5000
SIZE ?= 100000
REQUESTS ?= 20000

# The tests that ask tests/depth.py how much to look at, themselves or as properties of hypothesis.
DEEP = $(shell grep -rlE --include='test_*.py' '^from (tests.depth|hypothesis) import' tests)

# From the newest on, on the PATH or where pyenv puts them.
PYENV_ROOT ?= $(HOME)/.pyenv
PYTHONS := $(foreach minor,14 13 12 11,python3.$(minor) $(wildcard $(PYENV_ROOT)/versions/3.$(minor).*/bin/python3.$(minor)))

# Every command and the server with warnings as errors, every format, and what the tables and views give.
SMOKE := tests/test_installed.py tests/test_shipped_ledger.py tests/api/cli tests/api/formats \
	tests/projections/test_engine.py tests/projections/queries tests/projections/tables tests/projections/views \
	tests/projections/sandbox tests/api/http/test_sql_statements.py

.DEFAULT_GOAL := help
.PHONY: help run test newest test-newest generator azurite lint check format docs judge bench fuzz golden mutants tampering crashes articles sandbox spark lock clean

help:
	@sed -n 's/^#   //p' Makefile

run: $(READY)
	@$(BIN)/supply-ledger demo --port $(PORT)

test: $(READY)
	@$(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

lint: $(READY)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

check: lint test

judge: $(READY)
	@SUPPLY_LEDGER_HISTORIES=$$(($(HISTORIES) > 1000 ? $(HISTORIES) / 20 : 50)) \
		$(BIN)/python -m pytest -n auto --dist worksteal -q $(DEEP)
	@$(BIN)/python -m tests.oracle.judge --histories $(HISTORIES)

bench: $(READY)
	@$(BIN)/python -m tests.benchmarks --size $(SIZE) $(ARGS)

fuzz: $(READY)
	@$(BIN)/python -m tests.fuzz.described_requests --requests $(REQUESTS) $(ARGS)

golden: $(READY)
	@$(BIN)/python -m tests.golden

articles: $(READY)
	@$(BIN)/python -m tests.article_facts

tampering: $(READY)
	@$(BIN)/python -m tests.random_tampering --count $(TAMPERINGS)

crashes: $(READY)
	@$(BIN)/python -m tests.crash --cycles $(CYCLES) --cuts $(CUTS) $(ARGS)

mutants: $(READY)
	@$(BIN)/python -m tests.oracle.mutants

sandbox: $(READY)
	@$(BIN)/python -m tests.projections.sandbox

format: $(READY)
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

docs: $(READY)
	@$(BIN)/python -m tests.docs.generated --write

# $(call venv,DIRECTORY,CANDIDATES): a virtual environment of the first of these that is a Python fit for it.
define venv
	@python=""; \
	for candidate in $(2); do \
		if "$$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null; then \
			python="$$candidate"; break; \
		fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo "supply-ledger needs Python 3.11 to 3.14, and none is on the PATH."; \
		echo "Install one, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11"; \
		exit 1; \
	fi; \
	if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
		echo "$$("$$python" --version) cannot make virtual environments: install its venv module"; \
		echo "(on Debian and Ubuntu the package python3-venv), or name another: make $(MAKECMDGOALS) PYTHON=..."; \
		exit 1; \
	fi; \
	echo "Setting up $(1) with $$("$$python" --version); this is done once."; \
	if [ -L $(1) ]; then rm $(1); fi; \
	"$$python" -m venv --clear $(1)
endef

# The environment is made anew only when what goes into it has changed.
$(READY): requirements.lock pyproject.toml
	$(call venv,$(VENV),$(PYTHON) python3 python3.14 python3.13 python3.12 python3.11)
	@$(BIN)/python -m pip install $(QUIETLY) --require-hashes --only-binary :all: -r requirements.lock
	@$(BIN)/python -m pip install $(QUIETLY) --no-deps --no-build-isolation --no-index -e .
	@touch $@

# The newest environment knows the lock only as the one that builds its wheel. Its tests run in a copy that has no
# packages in it, so that what they import is what the wheel installed.
newest:
	@rm -rf $(NEWEST)
	@$(MAKE) --no-print-directory $(NEWEST)/.ready

$(NEWEST)/.ready: pyproject.toml | $(READY)
	$(call venv,$(NEWEST),$(NEWEST_PYTHON) $(PYTHONS) python3)
	@rm -rf build/wheel
	@$(BIN)/python -m hatchling build -t wheel -d build/wheel
	@$(BIN)/python -c 'import tomllib; \
		print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["test"], sep="\n")' > build/wheel/test.txt
	@$(NEWEST)/bin/python -m pip install $(QUIETLY) build/wheel/*.whl -r build/wheel/test.txt
	@touch $@

test-newest: $(NEWEST)/.ready
	@rm -rf build/wheel build/newest
	@$(BIN)/python -m hatchling build -t wheel -d build/wheel
	@$(NEWEST)/bin/python -m pip install $(QUIETLY) --no-deps --no-index --force-reinstall build/wheel/*.whl
	@mkdir -p build/newest && cp -R tests pyproject.toml build/newest/
	@$(NEWEST)/bin/python -c 'import importlib.metadata as it, sys; print("Python", sys.version.split()[0], "with", \
		*(f"{name} {it.version(name)}" for name in ("duckdb", "pyarrow", "pydantic", "fastapi", "eventsourcing")))'
	@cd build/newest && ../../$(NEWEST)/bin/python -m pytest -n auto --dist worksteal $(ARGS) $(SMOKE)

# A generator of clients wants other versions of what we use too, so it has an environment of its own.
generator: $(GENERATOR)/.ready

$(GENERATOR)/.ready:
	$(call venv,$(GENERATOR),$(PYTHON) $(PYTHONS) python3)
	@$(GENERATOR)/bin/python -m pip install $(QUIETLY) 'openapi-python-client==0.29.1'
	@touch $@

# The newest one that runs on the Node.js of Debian 12.
azurite: $(AZURITE)/.ready

$(AZURITE)/.ready:
	@mkdir -p $(AZURITE)
	@npm install --prefix $(AZURITE) --ignore-scripts --no-audit --no-fund --loglevel=error 'azurite@3.35.0'
	@touch $@

# pyspark is no wheel, and ten times as large as all else together: only those who ask for it have it.
spark: $(READY)
	@$(BIN)/python -m pip install $(QUIETLY) 'pyspark==4.3.0'

# The lock holds versions and hashes, and no address: any index will do.
lock:
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet --output-file requirements.lock
	@! grep -nE '[a-z]+://|file:' requirements.lock

clean:
	rm -rf $(VENV) $(NEWEST) $(GENERATOR) $(AZURITE) .mypy_cache .pytest_cache .ruff_cache build dist
