# The first command in a fresh clone may be any of these. `make` alone lists them.
#
# Everything runs with the interpreter of .venv, whose packages come from hashed lock files:
#   requirements-run.lock  what scriptune and the first example need; small, so that `make demo` starts soon
#   requirements.lock      that, all extras, and what developing needs

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
EXAMPLES_VENV := .venv-examples
STAMPS := $(VENV)/.scriptune
# Files are compiled when they are first imported: a second sooner or later, but only those that are used.
PIP_INSTALL := -m pip install --disable-pip-version-check --no-compile -qq
# Tests wait more than they compute: two cores carry four workers.
JOBS ?= 4

# Some machines set this for their builds; then every start of Python compiles every package again.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help setup demo test test-slow test-examples check bench serve lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- environment -----------------------------------------------------------------------------------------------------

$(STAMPS)/venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "scriptune needs Python 3.11 or later, and $(PYTHON) is not. Try: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PY) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV) || \
	  { echo "$(PYTHON) cannot make environments. On Debian: apt-get install python3-venv"; exit 1; }
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/run: requirements-run.lock | $(STAMPS)/venv
	@echo "Installing what scriptune needs into $(VENV) ..."
	@$(PY) $(PIP_INSTALL) --require-hashes -r requirements-run.lock
	@touch $@

$(STAMPS)/package: pyproject.toml $(STAMPS)/run
	@$(PY) $(PIP_INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

$(STAMPS)/dev: requirements.lock $(STAMPS)/package
	@echo "Installing what developing needs into $(VENV) ..."
	@$(PY) $(PIP_INSTALL) --require-hashes -r requirements.lock
	@touch $@

setup: $(STAMPS)/dev $(STAMPS)/hook $(STAMPS)/console ## the development environment, the console and the git hook

$(STAMPS)/hook: tools/pre-commit | $(STAMPS)/venv
	@tools/install-hook
	@touch $@

# Sources of the console come and go with the checkout, so they are looked up when the target is made.
CONSOLE_SOURCES := $(shell git ls-files console src/scriptune/messages 2>/dev/null)

$(STAMPS)/console: $(CONSOLE_SOURCES) | $(STAMPS)/venv
	@tools/build-console
	@touch $@

# --- the product -----------------------------------------------------------------------------------------------------

# The job file says `python train.py`, as a user with an activated environment writes it.
demo: $(STAMPS)/package ## twenty trainings of a scikit-learn script, two at a time; about a minute
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" scriptune run examples/sklearn-digits/job.yaml

serve: setup ## REST API, console and engine on this machine
	@$(VENV)/bin/scriptune serve

# --- quality ---------------------------------------------------------------------------------------------------------

check: setup ## ruff, mypy, the console's types and lint, and the rules of the house
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -m pytest tests/test_house.py
	@tools/run-console check "the console's types, lint and layout"

test: setup ## the fast tests; installs what they need with apt (PostgreSQL, a C compiler, Chromium)
	@log="$$(mktemp)"; tools/run-console test "the console's logic" >"$$log" 2>&1 & console=$$!; \
	without="$$(tools/system-packages)"; status=0; \
	$(PY) -m pytest -n $(JOBS) --dist worksteal -m "not slow and not frameworks$$without" || status=$$?; \
	wait "$$console" || status=$$?; cat "$$log"; rm -f "$$log"; exit "$$status"

test-slow: setup ## the tests that take minutes
	@without="$$(tools/system-packages)"; \
	$(PY) -m pytest -n $(JOBS) --dist worksteal -m "slow and not frameworks$$without"

$(EXAMPLES_VENV)/.installed: examples/requirements.lock examples/requirements-torch.txt
	@echo "Installing PyTorch and TensorFlow into $(EXAMPLES_VENV) ..."
	@$(EXAMPLES_VENV)/bin/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(EXAMPLES_VENV)
	@$(EXAMPLES_VENV)/bin/python $(PIP_INSTALL) --require-hashes -r examples/requirements.lock
	@$(EXAMPLES_VENV)/bin/python $(PIP_INSTALL) -r examples/requirements-torch.txt
	@touch $@

test-examples: setup $(EXAMPLES_VENV)/.installed ## the examples with PyTorch and Keras, in an environment of their own
	@$(PY) -m pytest -m frameworks tests/e2e/test_examples.py

bench: setup ## measure engine, log reading and start-up (some minutes); benchmarks/samplers.py takes hours: run it by hand
	@for name in startup engine intake; do echo "== $$name"; $(PY) benchmarks/$$name.py; done

lock: ## renew the lock files (needs uv on the PATH)
	tools/lock

clean: ## remove what the targets above made; results of searches stay
	rm -rf $(VENV) $(EXAMPLES_VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .schemathesis \
	  console/node_modules console/dist src/scriptune/console
	find src tests examples benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
