# make study    set up, build the default stimulus set once, and serve a demonstration study
# make workbench set up, and open the workbench: a study of your own, by mouse
# make test     set up and run every test, the browser's included
# make validate the slow statistical validation (minutes)
# make lint     style and types
# make mutants MODULE=study/design/order.py  change the code in small ways and name what no test notices (SINCE=, SAMPLE=, TESTS=; all rooms without MODULE)
# make golden   renew the golden outputs after an intended change of sounds or weights
# make docs     the documentation as a site in build/docs, without a network
# make screenshots  photograph the pages for the documentation
# make pin      add to constraints.txt what pyproject.toml newly asks for, and keep the other versions
# make upgrade  renew every version in constraints.txt

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Exact versions for the program and for building it, so that both commands do the same in a year. Python compiles a
# module when it is first imported; to compile all of every package took longer than to install them.
INSTALL := $(BIN)/pip install --no-compile --constraint constraints.txt --build-constraint constraints.txt
# One file for every platform and Python. PyTorch itself names the exact CUDA packages of its Linux build: no others.
PIN = printf 'pip\nsetuptools\n' | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras \
	--no-annotate --custom-compile-command 'make upgrade' --output-file constraints.txt $(1) - pyproject.toml && \
	sed -i.before -E '/^(nvidia|cuda|triton)\b/d' constraints.txt && rm constraints.txt.before

.PHONY: study workbench test validate lint mutants golden docs screenshots pin upgrade clean

study: $(VENV)/.installed
	@echo "To make a study of your own by mouse, in another terminal: make workbench"
	$(BIN)/semantic-eq serve --allow-simulated

workbench: $(VENV)/.installed-workbench
	$(BIN)/semantic-eq workbench

# What is imported is compiled and kept, by two processes at once, before the test processes import the same together.
test: export PYTHONDONTWRITEBYTECODE :=
test: $(VENV)/.installed-test
	$(BIN)/python -m tests.browser.install
	$(BIN)/ruff check .
	$(BIN)/python -c 'import app.server, mkdocs.commands.build, mkdocstrings, schemathesis' & \
	$(BIN)/python -c 'import analysis.analyse, stimuli.build, model.training.loop, statsmodels.api, hypothesis'; wait
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

validate: $(VENV)/.installed-test
	$(BIN)/python -m tests.browser.install
	$(BIN)/python -m tests.programs
	$(BIN)/pytest -m slow

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

mutants: $(VENV)/.installed-test
	$(BIN)/python -m tests.mutants $(MODULE) $(addprefix --since ,$(SINCE)) $(addprefix --sample ,$(SAMPLE)) \
		$(addprefix --tests ,$(TESTS))

golden: $(VENV)/.installed-test
	$(BIN)/python -m tests.golden

docs: $(VENV)/.installed-test
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet

screenshots: $(VENV)/.installed-test
	$(BIN)/python -m tests.browser.install
	$(BIN)/python -m tests.browser.photographs docs/screenshots
	$(BIN)/python -m tests.browser.photographs_staff docs/screenshots

pin: $(VENV)/.created
	$(BIN)/pip install --quiet uv
	$(call PIN)

upgrade: $(VENV)/.created
	$(BIN)/pip install --quiet --upgrade uv
	$(call PIN,--upgrade)

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "semantic-eq needs Python 3.11 or newer; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt pip
	@touch $@

$(VENV)/.installed: $(VENV)/.created pyproject.toml constraints.txt
	$(INSTALL) --editable .
	@touch $@

# With what walks the pages of a study in a rehearsal, and for its preview.
$(VENV)/.installed-workbench: $(VENV)/.created pyproject.toml constraints.txt
	$(INSTALL) --editable '.[rehearse]'
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-test: $(VENV)/.created pyproject.toml constraints.txt
	$(INSTALL) --editable '.[test]'
	@touch $@ $(VENV)/.installed-workbench $(VENV)/.installed

clean:
	rm -rf $(VENV) data build *.egg-info
