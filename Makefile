# Two commands on a fresh machine: `make demo` shows the program at work, `make test` proves it.
# Only the first set-up uses the network: while the stamps are newer than pyproject.toml and constraints.txt, pip is not called.
# The demo needs no compiler; of the tests' libraries one has to be compiled, so they have a stamp of their own.

PYTHON ?= python3
VENV := .venv
INSTALLED := $(VENV)/.installed
TESTABLE := $(VENV)/.testable
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check

.PHONY: demo test lint check clean browser

demo: $(INSTALLED)
	$(VENV)/bin/minutes demo

test: $(TESTABLE) browser
	$(VENV)/bin/python -m pytest

# The pages are tried in a real browser, from the system's packages where we may install one.
browser:
	@command -v chromium >/dev/null || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; } || \
	  echo 'chromium is not here and cannot be installed: the tests of the pages will be skipped by name'

lint: $(TESTABLE)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

check: lint test

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)

$(INSTALLED): pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo 'Setting up in $(VENV): about 5.6 GB, some minutes, only the first time'
	$(PIP) install --quiet -c constraints.txt -e .
	@touch $@

$(TESTABLE): $(INSTALLED)
	$(PIP) install --quiet -c constraints.txt -e '.[dev]'
	@touch $@

clean:
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
