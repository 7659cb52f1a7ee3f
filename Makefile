# Everything runs in .venv, which scripts/bootstrap.py makes and keeps as the lock files say.
# Paths are relative and programs are called as modules, so the project's path may hold spaces.

PYTHON ?= python3
ARGS ?=
PY := .venv/bin/python
NPM := PATH="$(CURDIR)/.venv/bin:$$PATH" .venv/bin/npm --prefix app --silent
COMPILE := $(PY) -m uv --quiet pip compile --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
	pyproject.toml --group build $(ARGS)

.DEFAULT_GOAL := help
.PHONY: run test check bench screenshots lighthouse client migrate demo doctor lock clean help set-up set-up-dev

run: set-up ## set up, then serve the demo county on http://127.0.0.1:8000
	@exec $(PY) -m backend.cli serve --demo $(ARGS)

test: set-up-dev ## set up, then run the tests (ARGS="tests/unit -k period" for some)
	@$(if $(ARGS),,$(NPM) test)
	@exec $(PY) -m pytest $(ARGS)

check: set-up-dev ## style, types, architecture, migration drift, addresses, client
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -m pytest -q tests/test_architecture.py
	$(PY) -m backend.cli migrate --check
	$(PY) scripts/check_addresses.py
	$(PY) scripts/client.py --check
	$(NPM) run lint
	$(NPM) run types

screenshots: set-up-dev ## pictures of every screen and desk, into build/screens
	$(PY) -m pytest -q tests/e2e/pictures.py

lighthouse: set-up-dev ## performance, accessibility and best practices of the phone app
	PATH="$(CURDIR)/.venv/bin:$$PATH" $(PY) -m pytest -q -s tests/e2e/lighthouse.py

client: set-up-dev ## write the front end's typed client anew, from the API
	$(PY) scripts/client.py

bench: set-up-dev ## measure against the floor
	@exec $(PY) -m tests.bench $(ARGS)

migrate: set-up ## bring the database to the current tables
	@exec $(PY) -m backend.cli migrate $(ARGS)

demo: set-up ## make the demo county
	@exec $(PY) -m backend.cli demo $(ARGS)

doctor: set-up ## is everything in order?
	@exec $(PY) -m backend.cli doctor $(ARGS)

lock: set-up-dev ## pin the dependencies again (ARGS=--upgrade for the newest)
	$(COMPILE) --output-file requirements.lock
	$(COMPILE) --group dev --constraint requirements.lock --output-file requirements-dev.lock

clean: ## remove .venv, node_modules, the built front end and caches; var/ with its data stays
	rm -rf .venv app/node_modules backend/web build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## this list
	@echo "make run and make test are all it takes; PYTHON=python3.12 chooses the Python."
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile

set-up set-up-dev:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "cunbao: Python 3.11 or newer is needed and $(PYTHON) isn't: install one," \
		"or name one, like PYTHON=python3.12" >&2; exit 1; }
	@"$(PYTHON)" scripts/bootstrap.py $(if $(filter set-up-dev,$@),--dev)
