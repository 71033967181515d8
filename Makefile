# Speak into a page and see five emotions move. `make` alone lists what can be done.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help serve test fuzz bench screenshots page-figures corpora train evaluate samples synthetic-samples lint format lock clean distclean

export HOST ?= 127.0.0.1
export PORT ?= 5000

SETUP := scripts/setup.sh
PYTHON := .venv/bin/python
LOCK := .venv/bin/pip-compile -q --strip-extras --allow-unsafe --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' Makefile

serve: ## Set up what is missing and serve on http://127.0.0.1:5000 (HOST, PORT)
	@$(SETUP) python frontend
	@exec .venv/bin/gunicorn -c deploy/gunicorn.conf.py webapp.wsgi:app

test: ## Set up what is missing and run every test (PYTEST_ARGS="-k name" for some)
	@$(SETUP) python dev pagetests frontend system
	@scripts/test.sh $(PYTEST_ARGS)

fuzz: ## Decode 200,000 damaged files (ARGS="--first 50000" goes on from there)
	@$(SETUP) python dev
	@$(PYTHON) -m tests.audio.fuzz $(ARGS)

lint: ## Check style and types
	@$(SETUP) python dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

format: ## Put the code in form
	@$(SETUP) python dev
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

bench: ## Measure the server until it breaks, within eight minutes (ARGS="--only capacity" for a part)
	@$(SETUP) python dev frontend system
	@$(PYTHON) -m benchmarks $(ARGS)

screenshots: ## Write a picture of every state of the pages to .screenshots (ARGS="visit voice" for some)
	@$(SETUP) python dev frontend system
	@$(PYTHON) -m scripts.screenshots $(ARGS)

page-figures: ## Measure the page's weight, first paint, motion and memory, within 12 minutes (ARGS="--minutes 1")
	@$(SETUP) python dev frontend system
	@$(PYTHON) -m scripts.page_figures $(ARGS)

corpora: ## Say which corpora are there and how to get the others (ARGS="ravdess nemo" fetches them)
	@$(SETUP) python
	@$(PYTHON) -m training prepare $(ARGS)

# What a training step frees is the next one's: with glibc handing it back each time, a step takes a
# fifth longer.
train evaluate: export MALLOC_MMAP_MAX_ = 0
train evaluate: export MALLOC_TRIM_THRESHOLD_ = 100000000000
train evaluate: export MALLOC_TOP_PAD_ = 268435456

train: ## Train the network from the corpora and write its bundle
	@$(SETUP) python
	@$(PYTHON) -m training train $(ARGS)

evaluate: ## Judge speakers that the network never heard, and write the report
	@$(SETUP) python
	@$(PYTHON) -m training evaluate $(ARGS)

samples: ## Fetch a few real actors' clips from RAVDESS's official archive
	@$(SETUP) python
	@$(PYTHON) -m scripts.fetch_samples $(ARGS)

synthetic-samples: ## Make the synthetic sample clips again
	@$(SETUP) synthesis
	@.cache/synthesis/bin/python -m scripts.make_synthetic_samples $(ARGS)

lock: ## Write requirements*.txt from requirements*.in (newest versions: LOCK_ARGS=--upgrade)
	@$(SETUP) python dev
	$(LOCK) $(LOCK_ARGS) -o requirements.txt requirements.in
	$(LOCK) $(LOCK_ARGS) -o requirements-dev.txt requirements-dev.in
	$(LOCK) $(LOCK_ARGS) -o requirements-samples.txt requirements-samples.in

clean: ## Remove what was built, but for the virtual environment
	rm -rf node_modules static/vendor .cache/synthesis .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +

distclean: clean ## Remove the virtual environment, fetched clips and what training keeps too
	rm -rf .venv .cache samples/fetched
