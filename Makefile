# shotpilot: the whole of set-up, demo and tests. A bare `make` lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# What a test or demo run must never inherit: a real key would make a real purchase possible.
CLEAN_ENV := env -u FAL_KEY -u FAL_KEY_ID -u FAL_KEY_SECRET

.DEFAULT_GOAL := help
.PHONY: help dev demo test test-all fuzz cases check format lint types floors schemas layout docs rules bench bench-peers clean

help:  ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): requirements-dev.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the pinned environment into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

dev: $(STAMP)  ## Make .venv with .venv/bin/shotpilot, from pinned versions

demo: dev  ## Rehearse the show piece for $0 and say where to look
	@$(CLEAN_ENV) $(BIN)/shotpilot rehearse shotlists/midnight_syndicate.yaml
	@$(CLEAN_ENV) $(BIN)/shotpilot report shotlists/midnight_syndicate.yaml --rehearsal

test: dev  ## Run the tests
	@$(CLEAN_ENV) $(BIN)/python -m pytest -n auto -m "not slow" tests

test-all: dev  ## Run every test, the long ones too
	@$(CLEAN_ENV) HYPOTHESIS_PROFILE=long $(BIN)/python -m pytest -n auto tests
	@$(CLEAN_ENV) $(BIN)/python -m tests.fuzz

fuzz: dev  ## Fuzz `check` for a minute (Linux; the fuzzer gets an environment of its own)
	@$(CLEAN_ENV) $(BIN)/python -m tests.fuzz

cases: dev  ## Write down anew what `check` says of each case in tests/cases
	@$(CLEAN_ENV) $(BIN)/python -m tests.cases

check: format lint types floors schemas layout docs  ## Everything but the tests: format, lint, types, floors, schemas, layout, docs

format: dev
	@$(BIN)/ruff format --check --quiet .

lint: dev
	@$(BIN)/ruff check --quiet .

types: dev
	@$(BIN)/mypy

floors: dev
	@$(BIN)/lint-imports --no-cache

schemas: dev
	@$(BIN)/python -m tests.tools.check_schemas

layout: dev
	@$(CLEAN_ENV) $(BIN)/shotpilot fmt --check --quiet shotlists/*.yaml shotlists/guide/*.yaml

docs: dev
	@$(BIN)/python -m tests.tools.rules_page --check
	@$(CLEAN_ENV) $(BIN)/python -m tests.tools.check_docs

rules: dev  ## Write docs/rules.md anew from the rules
	@$(BIN)/python -m tests.tools.rules_page

bench: dev  ## Measure the promises of docs/performance.md (needs ninja for the ratios)
	@$(CLEAN_ENV) $(BIN)/python -m tests.bench

bench-peers: dev  ## Measure plan beside make, ninja, doit and Snakemake (installs these two by themselves)
	@$(CLEAN_ENV) $(BIN)/python -m tests.bench.peers

clean:  ## Remove what the build made (never what was bought)
	@rm -rf $(VENV) .venv-fuzz .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
