# Everything sets itself up: all it needs is Python 3.11 or newer, make and git.
#
#   make run    make the shipped ledger, print the known answers, serve the API and its docs
#   make test   the tests
#   make check  formatting, linting, types, tests
#   make judge  thousands of generated histories against the naive model (HISTORIES=20000; hours), and the
#               properties that `make test` tries with a few histories and examples, with many
#   make bench  how fast it is, beside what the same work costs another way (SIZE=1000000; build/benchmarks)
#   make docs   bring the tables in the READMEs up to date with the code
#   make golden   golden bytes for a new type of event, or a new version of one
#   make mutants  plant bugs in the SQL, and see the tests catch them
#   make lock   choose the versions in requirements.lock anew (needs uv)

SHELL := /bin/bash
VENV := .venv
READY := $(VENV)/.ready
BIN := $(VENV)/bin
PORT ?= 8000
HISTORIES ?= 20000
SIZE ?= 100000

# The tests that ask tests/depth.py how much to look at.
DEEP = $(shell grep -rl --include='test_*.py' '^from tests.depth import' tests)

.DEFAULT_GOAL := help
.PHONY: help run test lint check format docs judge bench golden mutants lock clean

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

golden: $(READY)
	@$(BIN)/python -m tests.golden

mutants: $(READY)
	@$(BIN)/python -m tests.oracle.mutants

format: $(READY)
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

docs: $(READY)
	@$(BIN)/python -m tests.docs.generated --write

# The environment is made anew only when what goes into it has changed.
$(READY): requirements.lock pyproject.toml
	@python=""; \
	for candidate in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
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
	echo "Setting up $(VENV) with $$("$$python" --version); this is done once."; \
	if [ -L $(VENV) ]; then rm $(VENV); fi; \
	"$$python" -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

# The lock holds versions and hashes, and no address: any index will do.
lock:
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet --output-file requirements.lock
	@! grep -nE '[a-z]+://|file:' requirements.lock

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache build dist
