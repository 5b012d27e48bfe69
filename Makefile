# Everything happens in .venv, which the first command makes. `make demo` and `make test` are all one needs.

VENV ?= .venv
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN = $(VENV)/bin
TESTS ?= tests notebooks
PYTEST = $(BIN)/python -m pytest tests
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check

# Compiled modules are kept: the suite starts some thousand processes, and each would compile all it imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo lab test nightly quick refresh-notebooks lint words wheel film pictures docs bench bench-queue bench-drawing bench-notebook clean

demo: $(VENV)/.base  ## Draw a few pictures through the queue, without a browser.
	@$(BIN)/drawscape demo

lab: $(VENV)/.lab  ## Start a worker and JupyterLab; Ctrl-C twice stops both.
	@$(BIN)/drawscape lab

# A file's tests stay in one process, for they share what is dear to start. The dear files begin first.
parallel = -n auto --dist loadfile --no-loadscope-reorder
nbval = --nbval --nbval-sanitize-with tests/notebook/sanitize.cfg --nbval-cell-timeout=120 --nbval-current-env

test: $(VENV)/.test  ## Run the tests: real workers, Postgres, a browser, the notebooks. Some ten minutes.
	@$(BIN)/python tests/find_chromium.py
	@before=$$(git status --porcelain 2>/dev/null); \
	$(BIN)/python -m pytest $(TESTS) $(nbval) $(parallel) || exit 1; \
	after=$$(git status --porcelain 2>/dev/null); \
	[ "$$before" = "$$after" ] || { echo "A test left in the tree:"; echo "$$after"; exit 1; }

nightly: $(VENV)/.test  ## Run the long rest, or a part of it: make nightly PART=chaos.
	$(BIN)/python tests/nightly.py $(PART)

quick: $(VENV)/.test  ## Run what takes seconds.
	$(PYTEST) $(parallel) -q -p no:nbval -m "not browser and not notebooks and not slow"

refresh-notebooks: $(VENV)/.test  ## Execute the notebooks and keep what they show.
	$(BIN)/python tests/execute_notebooks.py

lint: words  ## Style, words, types and import contracts.
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/mypy tests/docs/typed_program.py
	$(BIN)/lint-imports

words: $(VENV)/.test  ## The field's words, none of those in tests/words.txt, no rare phrase, no sentence of over 25 words.
	$(BIN)/codespell drawscape tests workers notebooks README.md Makefile pyproject.toml
	$(BIN)/python tests/sentences.py

wheel: $(VENV)/.test  ## Install the wheel into an empty environment and work with it there.
	$(BIN)/python tests/try_wheel.py

docs: $(VENV)/.docs  ## Build the site into build/docs, without warnings.
	$(BIN)/sphinx-build -q -W --keep-going -j auto -b html -d build/doctrees -c notebooks/pages notebooks build/docs
	@echo "Open build/docs/index.html."

pictures: $(VENV)/.test  ## Photograph the widgets of the tutorials, for the site.
	$(BIN)/python tests/photograph_tutorials.py

film: $(VENV)/.test  ## Film a form in JupyterLab, for the README.
	$(BIN)/python tests/film.py

bench: bench-queue bench-drawing  ## Measure side by side with the peers; takes minutes.

bench-queue: $(VENV)/.bench
	$(BIN)/python tests/benchmarks/bench_queue.py --write

bench-drawing: $(VENV)/.bench
	$(BIN)/python tests/benchmarks/bench_drawing.py --write

bench-notebook: $(VENV)/.test  ## In a real browser; takes ten minutes.
	$(BIN)/python tests/benchmarks/bench_notebook.py

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Drawscape needs Python 3.11 or newer."; exit 1; }
	@echo "Making $(VENV) with $(PYTHON) (once; about half a minute)."
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

# An interrupted or half-installed venv (Debian without python3-venv) has a python and no pip.
$(VENV)/bin/pip: $(VENV)/bin/python
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip --default-pip >/dev/null || \
		{ echo "$(VENV) has no pip: install python3-venv, then run 'make clean' and try again."; exit 1; }
	@touch -c $@

$(VENV)/.base: $(VENV)/bin/pip pyproject.toml
	@$(INSTALL) -e .
	@touch $@

$(VENV)/.lab: $(VENV)/.base
	@$(INSTALL) -e '.[lab,data,png,web,mail]'
	@touch $@

$(VENV)/.test: $(VENV)/.base
	@echo "Installing what the tests need (once; about a minute)."
	@$(INSTALL) -e '.[lab,data,png,web,test]'
	@# jsonschema needs no rfc3987-syntax, and with it each JupyterLab and each pytest starts a second later.
	@$(BIN)/python -m pip uninstall --quiet --yes --disable-pip-version-check rfc3987-syntax
	@touch $@

$(VENV)/.docs: $(VENV)/.lab
	@$(INSTALL) -e '.[docs,mail]'
	@touch $@

$(VENV)/.bench: $(VENV)/.test
	@$(INSTALL) -e '.[bench]'
	@touch $@
