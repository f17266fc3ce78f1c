# Everything that a newcomer or CI needs; each target makes what it depends on.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip -qq --disable-pip-version-check

.PHONY: help demo test test-all lint format docs site bench bench-search growth soak clean

help:  ## Show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --upgrade pip --constraint constraints.txt
	$(PIP) install --editable . --constraint constraints.txt
	@touch $@

$(VENV)/developed: $(VENV)/installed
	$(PIP) install --group dev --constraint constraints.txt
	@touch $@

demo: $(VENV)/installed  ## Launch a sweep on digits, show the best configurations, write report.html
	$(BIN)/python -m kerasweep launch digits ann --search grid --epochs 15 --workers 2
	$(BIN)/python -m kerasweep best digits-ann-grid
	$(BIN)/python -m kerasweep report digits-ann-grid --output report.html

PARTS := 8
# Another part with each commit; PART=3 takes the third.
PART  ?= $(shell expr $$(git rev-list --count HEAD 2>/dev/null || echo 0) % $(PARTS) + 1)
# Each process takes a run of tests, so that a file's fixtures are made once, and gives half of the rest to an idle one.
PYTEST := $(BIN)/python -m pytest -n auto --dist worksteal

test: $(VENV)/developed  ## Run the tests: of those that cost seconds one part of eight, another with each commit
	$(PYTEST) --part $(PART)/$(PARTS)

test-all: $(VENV)/developed  ## Run all tests, which takes more than an hour
	$(PYTEST)

lint: $(VENV)/developed  ## Check style, formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@# mypy wants the package under its own name, whatever this clone is called
	@folder=$$(mktemp -d) && ln -s "$(CURDIR)" $$folder/kerasweep && cd $$folder && \
	"$(CURDIR)/$(BIN)/mypy" --config-file kerasweep/pyproject.toml --cache-dir "$(CURDIR)/.mypy_cache" \
	kerasweep/*.py $(addprefix kerasweep/,app cli reports export search studies training spaces benchmarks docs examples tests); \
	status=$$?; rm -r $$folder; exit $$status

format: $(VENV)/developed  ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/developed  ## Write what is generated: docs/know-how.md, docs/exports.md and docs/schema/
	$(BIN)/python docs/write.py

site: $(VENV)/developed  ## Build the documentation site into build/site; a broken link fails
	$(BIN)/python -m mkdocs build --strict

growth: $(VENV)/developed  ## Measure memory over 300 trials of five kinds of models, which takes an hour, into docs/benchmarks.md
	$(BIN)/python benchmarks/run.py growth

soak: $(VENV)/developed  ## Kill, fill and break what a sweep depends on, over and over, and write docs/reliability.md
	$(BIN)/python benchmarks/soak.py

bench: $(VENV)/developed  ## Measure against KerasTuner, Optuna and SciKeras, and write docs/benchmarks.md
	$(BIN)/python benchmarks/run.py

SEARCH := $(BIN)/python benchmarks/search.py --seeds $(or $(SEEDS),30) --tables benchmarks/simulation/tables $(TABLES)

bench-search: $(VENV)/developed  ## Measure searches over tables of recorded trainings, our own and those of the folder TABLES, into docs/search.md
	$(SEARCH)
	$(SEARCH) --methods knowhow random+asha bayes+median --priors none near-optimum good bad
	$(SEARCH) --methods knowhow+all-folds --priors none
	$(SEARCH) --methods knowhow --priors learned misled
	$(SEARCH) --methods knowhow random+asha --workers 4
	$(SEARCH) --methods knowhow random+asha bayes+asha --decisions

clean:  ## Remove what the other targets made
	rm -rf $(VENV) build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis report.html kerasweep.db
