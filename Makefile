# make study    set up, build the default stimulus set once, and serve a demonstration study
# make test     set up and run every test, the browser's included
# make validate the slow statistical validation (minutes)

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: study test validate lint clean

study: $(VENV)/.installed
	$(BIN)/semantic-eq serve --allow-simulated

test: $(VENV)/.installed-test
	$(BIN)/python -m tests.browser.install
	$(BIN)/ruff check .
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadfile $(PYTEST_ARGS)

validate: $(VENV)/.installed-test
	$(BIN)/pytest -m slow

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "semantic-eq needs Python 3.11 or newer; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	@touch $@

$(VENV)/.installed: $(VENV)/.created pyproject.toml
	$(BIN)/pip install --editable .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.created pyproject.toml
	$(BIN)/pip install --editable '.[test]'
	@touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) data build *.egg-info
