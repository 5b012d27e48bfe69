# Everything happens in .venv, which the first command makes. `make demo` and `make test` are all one needs.

VENV ?= .venv
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN = $(VENV)/bin
PYTEST = $(BIN)/python -m pytest tests
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo lab test quick notebooks refresh-notebooks lint words wheel film first-minutes matrix docs chaos soak bench bench-queue bench-scale bench-drawing bench-large-queue bench-catalogue bench-notebook clean

demo: $(VENV)/.base  ## Draw a few pictures through the queue, without a browser.
	@$(BIN)/drawscape demo

lab: $(VENV)/.lab  ## Start a worker and JupyterLab; Ctrl-C twice stops both.
	@$(BIN)/drawscape lab

# A file's tests stay in one process, for they share what is dear to start.
side_by_side = -n auto --dist loadfile

# With AGAIN=1 the tests that failed run once more, alone, and the output names them.
again = $(if $(AGAIN),|| { echo "Once more and alone: what failed above." && $(1) --last-failed --last-failed-no-failures none; })

test: $(VENV)/.test  ## Run everything, notebooks and browser included. (AGAIN=1: a second try)
	@$(BIN)/python tests/find_chromium.py
	$(PYTEST) -m browser $(call again,$(PYTEST) -m browser)
	$(PYTEST) -m "not browser" $(side_by_side) --cov=drawscape --cov-fail-under=85 \
		$(call again,$(PYTEST) -m "not browser")
	$(MAKE) --no-print-directory notebooks

quick: $(VENV)/.test  ## Run what takes seconds.
	$(PYTEST) $(side_by_side) -q -p no:schemathesis -p no:nbval \
		-m "not browser and not notebooks and not chaos and not slow"

notebooks: $(VENV)/.test  ## Execute the notebooks and compare their outputs; they leave the tree as it is.
	@before=$$(git status --porcelain 2>/dev/null); \
	$(BIN)/python -m pytest --nbval --nbval-sanitize-with tests/notebook/sanitize.cfg \
		--nbval-cell-timeout=120 --nbval-current-env -p no:cacheprovider notebooks || exit 1; \
	after=$$(git status --porcelain 2>/dev/null); \
	[ "$$before" = "$$after" ] || { echo "A notebook left in the tree:"; echo "$$after"; exit 1; }

refresh-notebooks: $(VENV)/.test  ## Execute the notebooks and keep what they show.
	$(BIN)/python tests/execute_notebooks.py

lint: words  ## Style, words, types and import contracts.
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

words: $(VENV)/.test  ## The field's words, and none of those in tests/words.txt.
	$(BIN)/codespell drawscape tests workers notebooks README.md Makefile pyproject.toml

wheel: $(VENV)/.test  ## Install the wheel into an empty environment and work with it there.
	$(BIN)/python tests/try_wheel.py

docs: $(VENV)/.docs  ## Build the site into build/docs, without warnings.
	$(BIN)/sphinx-build -q -W --keep-going -j auto -b html -c notebooks/pages notebooks build/docs
	@echo "Open build/docs/pages/index.html."

first-minutes: $(VENV)/.test  ## A stranger's first ten minutes, with a picture of every step.
	$(BIN)/python tests/first_minutes.py

film: $(VENV)/.test  ## Film a form in JupyterLab, for the README.
	$(BIN)/python tests/film.py

matrix: $(VENV)/.test  ## Types and tests on each Python found, with the oldest and the newest dependencies.
	$(BIN)/python tests/run_matrix.py

chaos: $(VENV)/.test  ## Thousands of rounds of killing, a million steps in any order; takes hours.
	CHAOS_ROUNDS=$${CHAOS_ROUNDS:-3000} POWER_LOSS_POINTS=$${POWER_LOSS_POINTS:-1000} \
	MACHINE_STEPS=$${MACHINE_STEPS:-1000000} WORKED_STEPS=$${WORKED_STEPS:-20000} \
		$(BIN)/python -m pytest --timeout 0 tests/queue/test_chaos.py tests/queue/test_power_loss.py \
		tests/queue/test_postgres_chaos.py tests/queue/test_network.py tests/queue/test_machine.py \
		tests/queue/test_machine_with_workers.py tests/catalogue/test_killed.py

soak: $(VENV)/.test  ## 150,000 jobs with logs, progress and previews: does anything grow? (SOAK_JOBS)
	$(BIN)/python tests/soak.py $${SOAK_JOBS:-150000}

bench: bench-queue bench-drawing  ## Measure side by side with the peers; takes minutes.

bench-queue: $(VENV)/.bench
	$(BIN)/python tests/benchmarks/bench_queue.py --write

bench-large-queue: $(VENV)/.test  ## A million jobs: how long others wait for long work.
	$(BIN)/python tests/benchmarks/bench_large_queue.py

bench-scale: $(VENV)/.bench  ## Several worker processes on one Postgres, beside the peers; 20 minutes. (SIZE=1: two hours)
	$(BIN)/python tests/benchmarks/bench_scale.py --write --size $${SIZE:-0.2}

bench-drawing: $(VENV)/.bench
	$(BIN)/python tests/benchmarks/bench_drawing.py --write

bench-catalogue: $(VENV)/.test
	$(BIN)/python tests/benchmarks/bench_catalogue.py

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
	@touch $@

$(VENV)/.docs: $(VENV)/.lab
	@$(INSTALL) -e '.[docs,mail]'
	@touch $@

$(VENV)/.bench: $(VENV)/.test
	@$(INSTALL) -e '.[bench]'
	@touch $@
