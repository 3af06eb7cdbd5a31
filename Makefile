# Names the commands; the work is in .ci/ and in the tools. Python is the distribution's own where that will do: make PYTHON=python3.13 setup
.DEFAULT_GOAL := help
.PHONY: help setup demo test long checks lint types imports bench chaos wheel lock clean debian
BIN := .venv/bin
VENDOR := authsms/static/vendor/htmx.min.js
TRANSLATIONS := $(wildcard authsms/translations/*/LC_MESSAGES/*.po)
export PYTHONDONTWRITEBYTECODE := # or each process that tests start compiles every module anew
DEMO_OPTIONS = $(if $(ONCE),--once) $(if $(DIRECTORY),--directory $(DIRECTORY))

help: ## print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' Makefile

setup: .venv/.run $(VENDOR) $(TRANSLATIONS:.po=.mo) ## make .venv from the lock, fetch the front-end files, compile the translations

demo: setup $(if $(filter ldap,$(DIRECTORY)),debian) ## run everything on this machine (ONCE=1: one login and exit; DIRECTORY=ldap: against a private slapd)
	@$(BIN)/authsms demo $(DEMO_OPTIONS)

test: debian setup .venv/.test ## install what tests need, check the sources, run every test (ARGS="-k name")
	@$(MAKE) --no-print-directory -j --output-sync=target checks
	@$(BIN)/pytest -n auto --maxprocesses 8 --dist loadgroup --no-loadscope-reorder $(ARGS)

long: debian setup .venv/.test ## the tests of attacks, faults and kills, with many more rounds
	@LONG_TESTS=1 CHAOS_ROUNDS=$(or $(ROUNDS),10) $(BIN)/pytest -n 0 tests/functional/attacks tests/functional/faults tests/chaos $(ARGS)

checks: types lint imports .venv/.compiled

lint: .venv/.test ## ruff, format check, generated tables of the manual
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/cog --check -P README.md $(wildcard docs/*.md)

types: .venv/.test ## mypy --strict
	@$(BIN)/mypy

imports: .venv/.test ## the direction of imports
	@$(BIN)/lint-imports

bench: debian setup .venv/.test ## logins a second, the speed of delivery, of failing over and of RADIUS (ONLY=delivery; JSON=file keeps the numbers of the one)
	@for name in $(or $(ONLY),logins memory delivery failover radius); do $(BIN)/python -m tests.bench $$name $(if $(ONLY),$(if $(JSON),--json $(JSON))) || exit; done

chaos: debian setup .venv/.test ## kill -9 at every moment of delivery, on each database, and of the brokers (ROUNDS=100 a moment)
	@CHAOS_ROUNDS=$(or $(ROUNDS),100) $(BIN)/pytest -n 0 tests/chaos $(ARGS)

wheel: setup ## build dist/authsms-*.whl and the sdist
	@$(BIN)/hatchling build

lock: .venv/.test ## pin the newest allowed versions anew
	@.ci/lock.sh

clean: ## remove what set-up and builds have made, except instance/
	@rm -rf .venv node_modules dist authsms/static/vendor .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

debian: # the servers and the browser that tests drive, from Debian's packages
	@.ci/setup-debian.sh $(if $(filter demo,$(MAKECMDGOALS)),slapd ldapadd)

.venv/.run: requirements/run.txt requirements/build.txt pyproject.toml .ci/setup-python.sh
	@PYTHON=$(PYTHON) .ci/setup-python.sh run

.venv/.test: .venv/.run requirements/test.txt
	@PYTHON=$(PYTHON) .ci/setup-python.sh test

.venv/.compiled: .venv/.test # what each process of pytest would compile for itself
	@$(BIN)/pytest --collect-only -qq -n 0 >/dev/null 2>&1; touch $@

$(VENDOR): package.json package-lock.json .ci/setup-frontend.sh | .venv/.run
	@.ci/setup-frontend.sh

%.mo: %.po | .venv/.run
	@$(BIN)/pybabel -q compile -i $< -o $@
