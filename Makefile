# What there is to do here; `make` alone lists it. The work itself is Python: kyc_platform/embedded/.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .local/venv/bin/python
INSTALL := "$(PYTHON)" -BE -m kyc_platform.embedded.install
.DEFAULT_GOAL := help
.PHONY: help up demo down manage specimens client test lint bench clean lock
MAKEFLAGS += --no-print-directory

help: ## list what there is
	@awk -F ':[^#]*## ' '/^[a-z]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' Makefile

up: ## set everything up, start the platform, show customers being verified, keep serving until Ctrl-C
	@$(INSTALL) embedded
	@exec $(VENV) -m kyc_platform.embedded up

demo: ## play the demonstration against the running platform; starts and stops it when it is not running
	@$(INSTALL) embedded
	@exec $(VENV) -m kyc_platform.embedded demo

down: ## stop the platform of this checkout and whatever a crash left of it; the data stays
	@if [ -e .local/state.json ] || [ -e .local/test ]; then $(INSTALL) embedded && exec $(VENV) -m kyc_platform.embedded down; fi

manage: ## run an operator's command against the platform of this checkout: make manage ARGS="migrations_behind"
	@$(INSTALL) embedded
	@exec $(VENV) -m kyc_platform.embedded.manage $(ARGS)

specimens: ## draw four documents of a made-up person into .local/specimens, to upload by hand
	@$(INSTALL) embedded
	@exec $(VENV) -m kyc_platform.demo.specimens .local/specimens

client: ## generate the Python client of the API into .local/client, ready for pip install
	@$(INSTALL) dev
	@exec $(VENV) -m kyc_platform.embedded.client.generate

test: ## run the tests against servers of their own; `make test ARGS="-k name"` runs some
	@$(INSTALL) dev
	@exec $(VENV) -m pytest -n auto --maxprocesses 16 $(ARGS)

lint: ## style, types and the direction of imports
	@$(INSTALL) dev
	$(VENV) -m ruff check .
	$(VENV) -m ruff format --check .
	$(VENV) -m mypy --cache-dir .local/mypy .
	.local/venv/bin/lint-imports --cache-dir .local/import-linter

bench: ## measure against the baselines and print the table of docs/PERFORMANCE.md
	@$(INSTALL) dev
	@exec $(VENV) -m benchmarks $(ARGS)

clean: down ## stop everything and leave the checkout as it was cloned: data, keys and environment are deleted
	@"$(PYTHON)" -BE -m kyc_platform.embedded.sweep

lock: ## write the lock files anew from pyproject.toml, with the newest versions it allows
	@$(INSTALL) dev
	$(VENV) -m uv pip compile -q --upgrade --universal --no-header --python-version 3.11 --generate-hashes pyproject.toml -o requirements.lock
	$(VENV) -m uv pip compile -q --universal --no-header --python-version 3.11 --generate-hashes -c requirements.lock --extra embedded pyproject.toml -o requirements-embedded.lock
	$(VENV) -m uv pip compile -q --universal --no-header --python-version 3.11 --generate-hashes -c requirements-embedded.lock --extra embedded --extra dev pyproject.toml -o requirements-dev.lock
