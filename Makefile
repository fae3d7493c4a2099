# From a fresh clone: `make run` or `make test`. `make help` lists the rest.

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
WORKERS ?= 3
SWEEP_COUNT ?= 50
BIN := .venv/bin
SETUP = $(or $(PYTHON),$(error Python 3.11 or newer is needed and was not found on PATH)) tools/setup.py
PYTEST := $(BIN)/pytest --numprocesses=$(WORKERS) --dist=loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help run setup setup-tests test check format sweep screenshots lifecycles translations lock migration clean

help: ## list what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

run: setup ## set up, migrate, seed invented cases on first start, serve on http://127.0.0.1:8000
	@exec $(BIN)/python tools/first_start.py

setup: ## system packages, locked Python environment, front-end files
	@$(SETUP)

setup-tests: ## the same, with what the tests need
	@$(SETUP) --tests

test: setup-tests ## run every test, browser and PostgreSQL included
	@MDTAPP_TESTS_COMPLETE=1 $(PYTEST) -m "not whole_data"

check: setup-tests ## format, lint, types, import rules, templates
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/pytest -q tests/architecture/test_templates.py

format: setup-tests ## let ruff write the format and the fixes it is sure of
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

sweep: setup-tests ## crash and race tests at full count, with another seed each time
	@MDTAPP_TESTS_COMPLETE=1 MDTAPP_SWEEP_COUNT=$(SWEEP_COUNT) MDTAPP_SWEEP_SEED=$${MDTAPP_SWEEP_SEED:-random} \
		$(PYTEST) -m "sweep or whole_data"

screenshots: setup-tests ## take the pictures of the README again
	@$(BIN)/python tools/screenshots.py

lifecycles: setup ## write docs/lifecycles.md from the tables in */status.py
	@$(BIN)/python tools/lifecycles.py

translations: setup ## collect the page texts into the Chinese catalogue and compile it
	@$(BIN)/python tools/translations.py

lock: setup ## pin newest allowed versions anew: make lock [UPGRADE=1]
	@tools/lock.sh "$$($(SETUP) --print-uv)" $(if $(UPGRADE),--upgrade)

migration: setup ## draft a migration from the models: make migration m="add deliveries"
	@test -n "$(m)" || { echo 'Say what changes: make migration m="add deliveries"'; exit 1; }
	@$(BIN)/python tools/draft_migration.py "$(m)"

clean: ## remove what make made; the instance folder stays
	rm -rf .venv .setup node_modules mdtapp/static/vendor mdtapp/viewer/ohif build dist *.egg-info
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
