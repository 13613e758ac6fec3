# Two commands are all the set-up that there is: `make demo` and `make test`. `make` alone lists the rest.

VENV := .venv
PY := $(VENV)/bin/python
UV := $(VENV)/bin/uv
INSTALL_LOG := $(VENV)/install.log
NEWEST_FIRST := python3.14 python3.13 python3.12 python3.11 python3 python
# Every process that a test starts would compile all of Django anew; some machines set this for containers.
unexport PYTHONDONTWRITEBYTECODE
# A candidate must run (a pyenv shim may not), be new enough, and be able to make a virtual environment.
IS_GOOD := import sys, venv, ensurepip; assert sys.version_info >= (3, 11)

.DEFAULT_GOAL := help
.PHONY: help demo serve test bench lint format coverage audit lock clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.runtime ## The whole story on SQLite, then serve at http://127.0.0.1:8000 (ARGS=--exit stops after the story)
	@exec $(PY) manage.py demo $(ARGS)

serve: $(VENV)/.runtime ## Web, worker and beat in one process (ARGS="--port 8080")
	@exec $(PY) manage.py serve $(ARGS)

test: $(VENV)/.dev ## Every test, on SQLite and on PostgreSQL (ARGS="-k words" picks some)
	@$(PY) -m tests.browsers
	@$(PY) -m tests.tokens
	@exec $(PY) -m tests.run_all $(ARGS)

bench: $(VENV)/.dev ## Measure and print the ratios (ONLY=name runs one)
	@exec $(PY) -m tests.benchmarks $(if $(ONLY),--only $(ONLY)) $(ARGS)

lint: $(VENV)/.dev ## Style, types, import contracts
	@$(VENV)/bin/ruff check
	@$(VENV)/bin/ruff format --check
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports

format: $(VENV)/.dev ## Put the code into its usual form
	@$(VENV)/bin/ruff check --fix --exit-zero
	@$(VENV)/bin/ruff format

coverage: $(VENV)/.dev ## Branch coverage of the pure rooms; less than 100 % fails
	@exec $(PY) -m pytest -q -m "not uses_db and not browser and not slow" --cov --cov-report=term-missing $(ARGS)

audit: $(VENV)/.dev ## Known holes in the locked versions
	@$(VENV)/bin/pip-audit --strict --require-hashes --disable-pip -r requirements.lock
	@$(VENV)/bin/pip-audit --strict --require-hashes --disable-pip -r requirements-tools.lock

lock: $(VENV)/.uv ## Write the lock files anew from pyproject.toml (ARGS=--upgrade takes newer versions)
	@$(UV) pip compile pyproject.toml --universal --generate-hashes -q $(ARGS) -o requirements.lock
	@$(UV) pip compile pyproject.toml --extra dev -c requirements.lock --universal --generate-hashes -q $(ARGS) -o requirements-dev.lock
	@$(UV) pip compile --group tools --universal --generate-hashes -q $(ARGS) -o requirements-tools.lock

clean: ## Remove what was built; var/ (the ledger, its keys) stays
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage test-results
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- The virtual environment ---------------------------------------------------------------------------------------
# One stamp for each lock file. `.dev` holds everything that `.runtime` does, so it stands in for it.

$(VENV)/.runtime: requirements.lock | $(VENV)/.uv
	@$(call sync,$(if $(wildcard $(VENV)/.dev),requirements-dev.lock,requirements.lock))
	@touch $@ $(wildcard $(VENV)/.dev)

$(VENV)/.dev: requirements-dev.lock requirements.lock | $(VENV)/.uv
	@rm -f $@ $(VENV)/.runtime
	@$(call sync,requirements-dev.lock)
	@touch $(VENV)/.runtime $@

$(VENV)/.uv: requirements-tools.lock | $(PY)
	@$(PY) -m pip install -q --disable-pip-version-check --require-hashes -r $< >$(INSTALL_LOG) 2>&1 \
		|| { cat $(INSTALL_LOG) >&2; echo "make: could not install $<; is there a network?" >&2; exit 1; }
	@touch $@

$(PY):
	@found=; for one in $(or $(PYTHON),$(NEWEST_FIRST)); do \
		if "$$one" -c '$(IS_GOOD)' >/dev/null 2>&1; then found=$$one; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
		echo "make: no usable Python among: $(or $(PYTHON),$(NEWEST_FIRST))" >&2; \
		echo "make: expected Python 3.11 or newer with venv (Debian: apt-get install python3-venv); PYTHON=/path names one" >&2; \
		exit 1; \
	fi; \
	echo "Making $(VENV) with $$("$$found" --version 2>&1)"; \
	rm -rf $(VENV) && "$$found" -m venv $(VENV)

# The project itself goes in as a link to this folder: it brings the command medtrail-verify.
define sync
echo "Installing $(1)"; \
{ $(UV) pip sync --quiet --python $(PY) --require-hashes $(1) && \
$(UV) pip install --quiet --python $(PY) --no-deps --build-constraints requirements-tools.lock --editable . ; \
} >$(INSTALL_LOG) 2>&1 || { cat $(INSTALL_LOG) >&2; echo "make: could not install $(1)" >&2; exit 1; }
endef
