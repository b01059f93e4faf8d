# Two commands matter: `make run` and `make test`. Both call `make setup` when something changed.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SETUP := $(VENV)/.ready
ASSETS := app/web/static/manifest.json
export SHOUWANG_VAR ?= $(CURDIR)/var
# The machine's own Node where it is new enough and has npm; else it comes as a wheel into the environment.
OWN_NODE := $(shell command -v npm >/dev/null && node --version 2>/dev/null | grep -E "^v([2-9]|[1-9][0-9])[0-9]\.")
NODE := $(if $(OWN_NODE),,$(VENV)/.node)
NPM := $(if $(NODE),PATH="$(CURDIR)/$(BIN):$$PATH" )npm
MAKEFLAGS += -j2  # Python's packages and the pages' beside each other

.PHONY: setup run test lint bench soak tools clean lock

setup: $(SETUP) $(ASSETS)

$(SETUP): requirements.txt requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed."; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.node: requirements-node.txt | $(SETUP)
	$(BIN)/python -m pip install -q --require-hashes -r requirements-node.txt
	@touch $@

node_modules/.package-lock.json: package.json package-lock.json $(NODE)
	$(NPM) ci --no-audit --no-fund --loglevel=error
	@touch $@

$(ASSETS): node_modules/.package-lock.json $(shell find app/web/assets -type f 2>/dev/null)
	$(NPM) run --silent build

run: setup
	@$(BIN)/shouwang demo --households 360 --register 2640 --seed 1 --if-empty
	@$(BIN)/shouwang deploy --author make --approver demo --reason "make run" >/dev/null
	@exec $(BIN)/shouwang serve

# Playwright brings a Node of its own, which needs libatomic1.
tools: setup
	@command -v chromium >/dev/null && fc-list 2>/dev/null | grep -qi "noto sans cjk" && $(BIN)/playwright --version >/dev/null 2>&1 || \
	  { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && \
	    apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk fontconfig libatomic1 >/dev/null; } || \
	  { echo "The browser tests need Debian's packages: apt-get install chromium fonts-noto-cjk libatomic1"; exit 2; }

LINT := $(BIN)/ruff check . && $(BIN)/ruff format --check -q . && $(BIN)/mypy && $(BIN)/lint-imports

lint: setup
	$(LINT)

# Three parts at once, as long as each other (the store's waits more than it works): each starts its own PostgreSQL and keeps its
# own directories.
LONG := tests/services/demo/test_demo.py
REST := $(filter-out tests/services/ tests/worker/ tests/corpus/ tests/faults/ tests/store/,$(filter-out %__pycache__/,$(wildcard tests/*/))) $(wildcard tests/test_*.py)

test: setup tools
	@log=$$(mktemp); told=$$(mktemp); \
	 { $(LINT) && $(BIN)/python -m pytest $(ARGS) $(REST) $(LONG); } > $$log 2>&1 & half=$$!; \
	$(BIN)/python -m pytest $(ARGS) tests/store > $$told 2>&1 & store=$$!; \
	$(BIN)/python -m pytest $(ARGS) tests/services tests/worker tests/corpus $(LONG:%=--ignore=%); services=$$?; \
	wait $$store; kept=$$?; wait $$half; rest=$$?; cat $$told $$log; rm -f $$told $$log; \
	exit $$((services | kept | rest))

bench: setup
	$(BIN)/python -m bench

soak: setup tools
	SOAK=1 $(BIN)/python -m pytest -m soak

lock:
	uv pip compile -q --generate-hashes --no-emit-index-url --universal --python-version 3.11 pyproject.toml --extra build -o requirements.txt
	uv pip compile -q --generate-hashes --no-emit-index-url --universal --python-version 3.11 pyproject.toml --extra build --group dev -o requirements-dev.txt
	uv pip compile -q --generate-hashes --no-emit-index-url --universal --python-version 3.11 --group node -o requirements-node.txt

clean:
	rm -rf $(VENV) node_modules app/web/static build *.egg-info
