# Everything a person does here. Works with GNU make 3.81 (macOS) and newer; needs Python 3.11 or newer and nothing else.

VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
LOCK_TOOLS := build/lock-tools
UV_VERSION := 0.13.9
SOURCES := libs services sandbox deploy tests web/assemble.py
VENDOR := services/console/console/pages/static/vendor

.DEFAULT_GOAL := help
.PHONY: help setup lock fmt lint check test demo bench up down logs migrate topics
.SUFFIXES:

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

setup: $(VENV)/.project $(VENDOR)/.assembled-from ## Make .venv from the locked requirements (the others do it when needed)

# Pythons for which every locked package has a wheel come first; PYTHON=… overrides the choice.
define find_python
	for python in $(PYTHON) python3.12 python3.13 python3.11 python3.14 python3 python; do \
	  "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; python=; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "No Python 3.11 or newer was found: install one (Debian, Ubuntu: apt install python3 python3-venv; macOS: brew install python), or name it: make PYTHON=/path/to/python3." >&2; exit 1; \
	fi; \
	if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
	  echo "$$python has no venv module: install it (Debian, Ubuntu: apt install python3-venv), or name another Python: make PYTHON=/path/to/python3." >&2; exit 1; \
	fi
endef

$(VENV)/.locked: requirements-dev.lock
	@set -e; $(PY) -c '' 2>/dev/null || { $(find_python); \
	  echo "Making $(VENV) with $$("$$python" --version)"; "$$python" -m venv --clear $(VENV); }
	@echo "Installing the locked requirements (a minute the first time)"
	@$(PY) -m pip --disable-pip-version-check install --quiet --require-hashes --no-deps -r requirements-dev.lock
	@touch $@

$(VENV)/.project: $(VENV)/.locked pyproject.toml
	@$(PY) -m pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENDOR)/.assembled-from: web/package-lock.json web/assemble.py $(VENV)/.locked
	@echo "Fetching the libraries that the console's pages load"
	@$(PY) web/assemble.py
	@touch $@

lock: ## Write the locks after a change of pyproject.toml (UPGRADE=--upgrade: with newer versions of all)
	@set -e; $(find_python); "$$python" -m venv $(LOCK_TOOLS)
	@$(LOCK_TOOLS)/bin/pip --disable-pip-version-check install --quiet uv==$(UV_VERSION)
	@set -e; for lock in "requirements.lock" "requirements-dev.lock --group dev -c requirements.lock" \
	    "requirements-sandbox.lock --group sandbox -c requirements-dev.lock"; do \
	  $(LOCK_TOOLS)/bin/uv pip compile pyproject.toml --quiet $(UPGRADE) --python-version 3.11 --universal --generate-hashes \
	    --custom-compile-command "make lock" -o $$lock; \
	done
	@if grep -n "://" requirements.lock requirements-dev.lock requirements-sandbox.lock; then echo "A lock must hold no address." >&2; exit 1; fi

fmt: setup ## Format the code and mend what can be mended by itself
	$(BIN)/ruff check --quiet --fix-only $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

lint: setup
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PY) -m deploy.contracts --check

check: lint ## Lint, types, import rules, generated contracts, unit tests
	$(BIN)/pytest tests/unit

test: lint ## Check, then the component and end-to-end tests on a real Kafka and PostgreSQL
	$(BIN)/pytest -n 2 --dist loadfile tests/unit tests/component
	$(BIN)/pytest -n 2 --dist loadfile tests/e2e

demo: setup ## Play a day between two worlds and leave its pages open (KEEP=0: stop at the end)
	@$(PY) -m sandbox.demo

bench: setup ## Measure, write build/bench.json and docs/benchmarks.md
	@$(PY) -m tests.bench

up: ## Start everything with Docker compose (DASHBOARDS=0: without Grafana)
	docker compose $(if $(filter 0,$(DASHBOARDS)),,--profile dashboards) up --detach --build --wait

down: ## Stop it; the data stay
	docker compose --profile dashboards down

logs: ## Follow its logs
	docker compose logs --follow --tail 100

migrate: setup ## Bring the database at DATABASE_OWNER_URL to the newest schema
	$(BIN)/alembic -c deploy/alembic.ini upgrade head

topics: setup ## Make or mend the topics at KAFKA_BOOTSTRAP_SERVERS
	$(PY) -m deploy.topics
