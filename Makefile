# Everything a developer does, from nothing but python3 (3.11 or newer), make and a package index.
#
#   make demo      index this Python's standard library into a SQLite file and ask it questions
#   make test      all tests; on PostgreSQL, MariaDB and Redis where you name them (see below)
#   make test-quick  the tests of the library itself on SQLite, in a minute or two
#   make coverage  all tests, and which lines and branches they have not seen
#   make test-random  the random programs with seeds of their own, for longer
#   make test-galera  transfers on a cluster of Galera that loses a node
#   make test-pgbouncer  the contract through a PgBouncer in transaction mode
#   make random-mappings  random mappings compared with SQLAlchemy's, as many as ARGS says
#   make check     lint, format, types, shape of the house
#   make bench     compare with SQLAlchemy, Django, Peewee, Pony, yara-orm and the bare driver
#   make test-all  the tests on every installed interpreter
#   make docs      the documentation as a site, in site/
#   make golden    write the stored text of generated functions anew, after a change that is meant
#
# Tests make databases of their own on servers that are named, and on no others:
#   make test DOVETAIL_TEST_POSTGRESQL=postgresql://user@127.0.0.1/test \
#             DOVETAIL_TEST_MARIADB=mariadb://user@127.0.0.1/test \
#             DOVETAIL_TEST_REDIS=redis://127.0.0.1:6379/0
# Without them these tests are skipped.
#
# A word after ARGS= is handed on:  make demo ARGS="--size 50",  make test ARGS="tests/orm -k flush"

VENV ?= .venv
BIN := $(VENV)/bin
ARGS ?=

# The first interpreter that is new enough, can make an environment, and really starts.
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3; do \
	if $$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
	>/dev/null 2>&1; then echo $$python; break; fi; done)

# Installing again is needed only after the list of dependencies changed.
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable

export DOVETAIL_TEST_POSTGRESQL DOVETAIL_TEST_MARIADB DOVETAIL_TEST_REDIS

.PHONY: demo docs help test test-quick coverage test-random test-pgbouncer test-galera random-mappings check bench test-all golden format clean
.DEFAULT_GOAL := test

$(VENV)/pyvenv.cfg:
	@test -n "$(PYTHON)" || { echo "dovetail needs Python 3.11 or newer (with its venv module)," \
		"and found none: install one, or say  make PYTHON=/path/to/python"; exit 1; }
	@echo "creating $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/.installed-%: pyproject.toml | $(VENV)/pyvenv.cfg
	@echo "installing dovetail-orm[$*] from this folder"
	@$(INSTALL) '.[$*]'
	@touch $@

demo: $(VENV)/.installed-cli
	@$(BIN)/python -m dovetail demo $(ARGS)

test: $(VENV)/.installed-dev
	@$(BIN)/python -m tests.announce
	@$(BIN)/python -m pytest $(ARGS)

# What a change of the library breaks first.  Property tests try a few examples.
QUICK := tests/ground tests/types tests/sql tests/compiler tests/orm -k "not oracle and not collector and not every_server"

test-quick: $(VENV)/.installed-dev
	@echo "The tests of the library itself, on SQLite: about a minute on two cores that have nothing else to do."
	@DOVETAIL_HYPOTHESIS=quick $(BIN)/python -m pytest $(QUICK) $(ARGS)

coverage: $(VENV)/.installed-dev
	@$(BIN)/python -m pytest --cov --cov-branch --cov-report=term $(ARGS)

# Every run draws other examples.  What it finds is printed with a blob that repeats it: give that
# to @reproduce_failure, mend the fault, and keep the example as a test of its own.
test-random: $(VENV)/.installed-dev
	@DOVETAIL_HYPOTHESIS=explore $(BIN)/python -m pytest tests/properties tests/sql/test_random_expressions.py $(ARGS)

# The contract with a PgBouncer in transaction mode before PostgreSQL: four minutes.
test-pgbouncer: $(VENV)/.installed-dev
	@$(BIN)/python -m tests.behind_pgbouncer $(ARGS)

# A cluster of Galera, a node of which stands still and another is killed: two minutes.
test-galera: $(VENV)/.installed-dev
	@DOVETAIL_TEST_GALERA=1 DOVETAIL_TEST_TRANSFERS=2000 $(BIN)/python -m pytest -n0 tests/faults/test_galera.py $(ARGS)

random-mappings: $(VENV)/.installed-dev
	@$(BIN)/python tools/random_mappings.py $(ARGS)

check: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/python -m pytest -q -n0 tests/architecture

bench: $(VENV)/.installed-bench
	@$(BIN)/python -m benchmarks $(ARGS)

test-all: $(VENV)/.installed-dev
	@$(BIN)/nox --session tests -- $(ARGS)

# Strict: a warning, such as a link that leads nowhere, is an error.
docs: $(VENV)/.installed-docs
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict $(ARGS)
	@echo "written to site/: open site/index.html, or  $(BIN)/python -m http.server -d site"

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' $(firstword $(MAKEFILE_LIST))

golden: $(VENV)/.installed-dev
	DOVETAIL_WRITE_GOLDEN=1 $(BIN)/python -m pytest -q -n0 tests/golden
	@git diff --stat -- tests/golden

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf build dist site .coverage .coverage.* .hypothesis .mypy_cache .nox .pytest_cache .ruff_cache
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
