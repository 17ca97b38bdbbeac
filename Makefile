# Any Python from 3.11 on will do: make up PYTHON=python3.12
PYTHON ?= python3
RUN = .venv/bin/python -m

.DEFAULT_GOAL := help
.PHONY: help environment up tour down clean test soak bench lock

help:  ## list the targets
	@sed -n -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST)

environment:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo >&2 \
	  "error: '$(PYTHON)' is not Python 3.11 or newer: install one (https://www.python.org/downloads/), or name it:" \
	  "make $(firstword $(MAKECMDGOALS)) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m tools.environment

up: environment  ## bring the Contoso helpdesk up on a local emulator
	@$(RUN) tools.local up

tour: environment  ## walk the tutorial's six steps
	@$(RUN) tools.local tour

down: $(if $(wildcard .local),environment)  ## destroy it and stop the emulator
	@if [ -d .local ]; then $(RUN) tools.local down; else echo "Down: nothing was up."; fi

clean: $(if $(wildcard .local),environment)  ## down, then remove what was made for it
	@if [ -d .local ]; then $(RUN) tools.local clean; fi

test: environment  ## style, types, layers, and all tests
	@$(RUN) tools.suite

soak: environment  ## random programs, faults, kills and clock jumps: STEPS=10000 SEED=1
	@$(RUN) tools.soak --steps $(or $(STEPS),10000) $(if $(SEED),--seed $(SEED))

bench: environment  ## print the measured claims
	@$(RUN) benchmarks

lock: environment  ## resolve the dependencies anew into requirements.lock
	@.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --extra cli --extra emulator --extra guardrails --group dev pyproject.toml -o requirements.lock
