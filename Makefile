# Everything a newcomer needs, on a machine with Python 3.11 or newer and make:
#
#   make demo          the whole path once, on bundled data
#   make test          the tests of the core install
#   make test-extras   the tests of optional parts: endpoints over HTTP, torch, the report in a real browser
#   make lint          style, types, doors between rooms
#   make docs          the site, into site/
#   make check         all of it; what CI runs
#   make bench         the measurements of benchmarks/README.md
#
# Each makes what it needs in .venv; a second call reuses it. Another Python: make PYTHON=/path/to/python test

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
DEMO_WORKSPACE ?= demo-workspace
BENCH ?= $(shell grep -l __main__ benchmarks/*.py)

.PHONY: demo test test-extras lint docs check bench clean
.NOTPARALLEL:

demo: $(VENV)/core
	$(BIN)/isthmus demo --workspace $(DEMO_WORKSPACE)

test: $(VENV)/test
	$(BIN)/python -m pytest -m "not extras" $(PYTEST)

test-extras: $(VENV)/test $(VENV)/openai $(VENV)/torch $(VENV)/torch-log $(VENV)/als $(VENV)/tune $(VENV)/sql $(VENV)/postgres $(VENV)/api $(VENV)/remote $(VENV)/passport
	$(BIN)/python -m pytest -m extras $(PYTEST)

lint: $(VENV)/lint $(VENV)/openai
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

docs: $(VENV)/docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

check: lint docs test-extras test

bench: $(VENV)/test $(VENV)/bench
	set -e; for script in $(BENCH); do echo "== $$script"; $(BIN)/python $$script; done

clean:
	rm -rf $(VENV) site .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

# --- environments: one stamp for the package and one for each extra ---------------------------------------------

$(VENV)/core: pyproject.toml | $(BIN)/python
	$(PIP) install --editable .
	@touch $@

$(VENV)/%: $(VENV)/core
	$(PIP) install --editable '.[$*]'
	@touch $@

# Names are tried by running them: a shim of pyenv may stand for a version that is not there.
$(BIN)/python:
	@for python in "$(PYTHON)" python3.14 python3.13 python3.12 python3.11 python3 python; do \
		if [ -n "$$python" ] && "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
			>/dev/null 2>&1; then \
			echo "Making $(VENV) with $$("$$python" --version) ($$python)"; \
			exec "$$python" -m venv --clear $(VENV); \
		fi; \
	done; \
	echo "Isthmus needs Python 3.11 or newer with venv, and none was found." >&2; \
	echo "Install one (Debian: apt install python3 python3-venv), or name it: make PYTHON=/path/to/python" >&2; \
	exit 1
