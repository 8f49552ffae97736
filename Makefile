# make run    the whole chain on the built-in dataset, from nothing, in minutes; ARGS=-n shows what
#             would run, CONFIG=device=cpu changes a setting
# make test   every test but those of deploying and of pages; make check: lint, quick tests and
#             dry runs, under a minute; make test-deploy: a real Slurm, other schedulers, the
#             environments built, a crate validated (.venv-crate); make test-browser: the pages
#             of `make run`, which it runs first, in Chromium (.venv-browser), with screenshots in
#             results/browser; PAGES='folder ...' names other pages
# make status how far trainings are that run now: epoch, accuracy, time left
# make docs   the pages as a site in site/ (an environment of its own, .venv-docs)
# make bench  measure speed, after `make venv`: `bench-training`, `bench-maps`, `bench-plan`;
#             `make bench-data`: 100,000 image files to data.h5, with peak memory
# make schema write what a config may choose by name, from the code that defines it
# make lock   resolve versions anew (needs uv)
# make clean  delete results (regions drawn there, too), logs and benchmarks; downloaded archives,
#             finished trainings and .venv stay: `make clean-archives`, `clean-training` (of
#             .training, not of another folder that `state` names), `clean-venv`

PYTHON ?= python3
ARGS ?=
CONFIG ?=
PAGES ?= results/shapes $(wildcard results/predictions)
BIN = .venv/bin
# A process for each processor and one more, up to four (tests/conftest.py).
PYTEST = $(BIN)/python -m pytest -q -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
# Snakemake takes the last --config alone, so settings have a variable of their own.
SNAKEMAKE_LINE = snakemake --cores 4 $(ARGS) --config dataset=shapes $(CONFIG)

.PHONY: run test test-deploy test-browser check lint docs schema status bench bench-training bench-maps bench-plan bench-data lock venv plugins clean clean-archives clean-training clean-venv

run: venv
	@echo '$$ $(SNAKEMAKE_LINE)'
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(SNAKEMAKE_LINE)
	@echo 'To type commands yourself: source .venv/bin/activate'

test: venv plugins lint
	$(PYTEST) $(ARGS)

test-deploy: venv plugins
	@$(PYTHON) envs/make_venv.py crate
	$(BIN)/python -m pytest -q tests/deploy $(ARGS)

# The conftest.py above tests/browser belongs to .venv.
test-browser:
	@$(MAKE) --no-print-directory run ARGS=
	@$(PYTHON) envs/make_venv.py browser
	.venv-browser/bin/python -m pytest -q --confcutdir=tests/browser tests/browser $(PAGES:%=--pages %) $(ARGS)

check: venv lint
	$(PYTEST) --maxprocesses 2 -m "not slow" $(ARGS)

lint: venv
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile rules
	PATH="$(CURDIR)/$(BIN):$$PATH" snakemake --lint

docs:
	@$(PYTHON) envs/make_venv.py docs
	.venv-docs/bin/mkdocs build --strict

# Without `make venv`, which would remove a PyTorch that was installed to be measured too.
bench: bench-training bench-maps bench-plan

bench-training:
	$(BIN)/python tests/bench/bench.py $(ARGS)

bench-maps:
	$(BIN)/python tests/bench/explanations.py

bench-plan:
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python tests/bench/planning.py

bench-data:
	$(BIN)/python tests/bench/preprocessing.py $(ARGS)

schema:
	KERAS_BACKEND=numpy PYTHONPATH=scripts $(BIN)/python -m resnetcam.settings.choices schemas/choices.schema.yaml

status:
	@PYTHONPATH=scripts $(BIN)/python -m resnetcam status

lock:
	$(PYTHON) envs/lock.py

venv:
	@$(PYTHON) envs/make_venv.py

plugins: venv
	@$(BIN)/python envs/add_plugins.py

clean:
	find results -mindepth 1 -maxdepth 1 ! -name README.md -exec rm -rf {} +
	if [ -d .snakemake ]; then find .snakemake -mindepth 1 -maxdepth 1 ! -name conda -exec rm -rf {} +; fi
	rm -rf logs benchmarks report.zip site

clean-archives:
	rm -rf resources/archives

clean-training:
	rm -rf .training

clean-venv:
	rm -rf .venv .venv-browser .venv-crate .venv-docs
