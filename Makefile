# Every task of the project. Bare `make` lists them; `make run` and `make test` set everything up first.
# Settings are environment variables (.env.example lists them): make run GATEWAY_PORT=9000 RUN_DIR=.run-two
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory
export PATH := $(PATH):/usr/sbin:/sbin  # Debian keeps nginx in /usr/sbin, outside an ordinary user's PATH

# The system's Python, else the first that is new enough; `make run PYTHON=/path/to/python3` overrides it.
# Distributions build theirs with profile-guided optimisation: a decision costs an eighth less than with a
# plain build of the same version.
PYTHON ?= $(shell for python in /usr/bin/python3 python3 python3.13 python3.12 python3.11; do command -v $$python >/dev/null \
  && $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' && { echo $$python; break; }; done)

# A stamp carries the hash of the pins it stands for, so that a changed pin installs and nothing else does.
hash_of = $(shell cat $(1) | sha256sum | cut -c1-16)
RUN_STAMP := .venv/.installed-run-$(call hash_of,requirements.txt)
DEV_STAMP := .venv/.installed-dev-$(call hash_of,requirements.txt requirements-dev.txt)
MONGO_STAMP := .venv-mongo/.installed-$(call hash_of,requirements-mongo.txt)
PIP_FLAGS := --quiet --disable-pip-version-check --no-input

# $(call install_missing,program:package ...) installs with apt what is not there, after saying so in one line.
define install_missing
@missing=; for pair in $(1); do command -v "$${pair%%:*}" >/dev/null || missing="$$missing $${pair##*:}"; done; \
if [ -n "$$missing" ]; then \
  manual="apt-get update && apt-get install -y$$missing"; sudo=; \
  command -v apt-get >/dev/null || { echo "Decider needs:$$missing. Install them with this system's package manager." >&2; exit 1; }; \
  if [ "$$(id -u)" != 0 ]; then command -v sudo >/dev/null || { echo "Decider needs:$$missing. As root: $$manual" >&2; exit 1; }; sudo=sudo; fi; \
  echo "Installing with apt:$$missing"; \
  { $$sudo apt-get update -qq && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; } \
    || { echo "apt could not install:$$missing. As root: $$manual" >&2; exit 1; }; \
fi
endef

help: ## list these tasks
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(RUN_STAMP) run-programs ## set up what is missing, start everything, print the URLs; Ctrl-C stops it
	@exec .venv/bin/python -m decider.stack up

stop: $(RUN_STAMP) ## stop what `make run` started in RUN_DIR
	@exec .venv/bin/python -m decider.stack down

status: $(RUN_STAMP) ## show the processes of RUN_DIR
	@exec .venv/bin/python -m decider.stack status

screenshots: $(DEV_STAMP) test-programs ## take the pictures of the dashboard in docs/ from a running `make run`
	@exec .venv/bin/python -m load.screenshots

attack: $(DEV_STAMP) ## play humans and a sneaker bot against a running `make run` for 60 s
	@exec .venv/bin/python -m load.attack

scenarios: $(DEV_STAMP) ## bots, people and good programs against a running `make run`, each with the verdict it must get
	@exec .venv/bin/python -m load.scenarios $(SCENARIO_FLAGS)

check: $(DEV_STAMP) ## format, lint, types, unit and architecture tests
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy decider dash_app load tests
	@.venv/bin/pytest -q tests/test_architecture.py tests/unit

# Tests of load and speed have the machine to themselves; the others mostly wait for servers to start.
# The shop by itself is neither: its orders are exact however slow they are.
ALONE := $(filter-out tests/system/load/test_shop.py,$(wildcard tests/system/load/test_*.py tests/system/storms/test_*.py)) \
  tests/system/stack/test_benchmark.py
TWO_AT_A_TIME := --numprocesses 2 --dist loadfile

test: $(DEV_STAMP) test-programs check ## everything: check, then contract tests, then the product from outside
	@.venv/bin/pytest -q $(TWO_AT_A_TIME) tests/contract
	@.venv/bin/pytest -q $(TWO_AT_A_TIME) $(filter-out $(ALONE),$(wildcard tests/system/*/test_*.py))
	@.venv/bin/pytest -q $(ALONE)

compile: $(DEV_STAMP) compiler ## compile what decides to machine code: a minute or two, once; replay twice as fast
	@exec .venv/bin/python -m decider.compiled

detection: $(DEV_STAMP) ## measure what the engine reaches on labelled logs (DETECTION_FLAGS="--logs DIR")
	@exec .venv/bin/python -m load.detection $(DETECTION_FLAGS)

bench: $(DEV_STAMP) run-programs bench-programs compile ## measure throughput, added latency and costs on this machine: some 20 minutes
	@exec .venv/bin/python -m load.bench $(BENCH_FLAGS)

bench-growth: $(DEV_STAMP) run-programs ## compare what a decision costs with 1,000 and with 1,000,000 clients in Redis
	@exec .venv/bin/python -m load.bench.growth $(BENCH_FLAGS)

bench-quick: $(DEV_STAMP) run-programs bench-programs ## the same in one short round: under two minutes, not to be quoted
	@exec .venv/bin/python -m load.bench --quick $(BENCH_FLAGS)

bench-dashboard: $(DEV_STAMP) $(MONGO_STAMP) ## time the dashboard's pages with 1,000,000 events: some ten minutes (BENCH_FLAGS="--events N")
	@exec .venv/bin/python -m load.bench_dashboard $(BENCH_FLAGS)

# ---- set-up, not listed -------------------------------------------------------------------------------------

run-programs: $(if $(MONGODB_URI),,$(MONGO_STAMP))
	$(call install_missing,nginx:nginx $(if $(REDIS_URL),,redis-server:redis-server))

test-programs: $(MONGO_STAMP)
	$(call install_missing,nginx:nginx redis-server:redis-server wrk:wrk)
	@command -v chromium >/dev/null || $(MAKE) browser

browser:  # Ubuntu has Chromium only as a snap, which headless tests cannot drive: take playwright's own build there
	@if grep -q '^ID=ubuntu' /etc/os-release; then echo "Installing Chromium with playwright"; \
	.venv/bin/playwright install --with-deps chromium; else $(MAKE) chromium; fi

chromium:
	$(call install_missing,chromium:chromium)

# The headers belong to the Python that the environment was made with; one built from source brings its own.
compiler:
	$(call install_missing,gcc:gcc)
	@.venv/bin/python -c 'import sys, sysconfig, pathlib; sys.exit(not (pathlib.Path(sysconfig.get_path("include")) / "Python.h").is_file())' \
	  || $(MAKE) python-headers

python-headers:
	$(call install_missing,no-such-program:python3-dev no-such-program:libc6-dev)

bench-programs:
	$(call install_missing,wrk:wrk)

python:
	$(call install_missing,python3:python3)
	@$(or $(PYTHON),python3) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Decider needs Python 3.11 or newer, and $(or $(PYTHON),python3) is older." \
	    "Install one and name it: make run PYTHON=/path/to/python3.11" >&2; exit 1; }

# Debian splits the venv module off into its own package.
python-venv: python
	@$(or $(PYTHON),python3) -c 'import ensurepip, venv' 2>/dev/null || $(MAKE) install-venv

install-venv:
	$(call install_missing,no-such-program:$(notdir $(or $(PYTHON),python3))-venv)

.venv/bin/pip .venv-mongo/bin/pip: | python-venv
	@echo "Creating $(patsubst %/bin/pip,%,$@) with $(or $(PYTHON),python3)"
	@$(or $(PYTHON),python3) -m venv --clear $(patsubst %/bin/pip,%,$@)

$(RUN_STAMP): requirements.txt | .venv/bin/pip
	@echo "Installing Python packages of requirements.txt into .venv"
	@.venv/bin/pip install $(PIP_FLAGS) -r requirements.txt
	@rm -f .venv/.installed-run-* && touch $@

$(DEV_STAMP): requirements.txt requirements-dev.txt | .venv/bin/pip
	@echo "Installing Python packages of requirements-dev.txt into .venv"
	@.venv/bin/pip install $(PIP_FLAGS) -r requirements-dev.txt
	@rm -f .venv/.installed-* && touch $@ $(RUN_STAMP)

# --no-deps: the server is one native program; its Python packages are for a part that is not used.
$(MONGO_STAMP): requirements-mongo.txt | .venv-mongo/bin/pip
	@echo "Installing the embedded MongoDB-compatible server into .venv-mongo"
	@.venv-mongo/bin/pip install $(PIP_FLAGS) --no-deps -r requirements-mongo.txt \
	  || { echo "The embedded server is not to be had for this Python or machine: set MONGODB_URI to a MongoDB of yours." >&2; exit 1; }
	@rm -f .venv-mongo/.installed-* && touch $@

.PHONY: help run stop status screenshots attack scenarios check test compile detection bench bench-quick bench-growth bench-dashboard run-programs test-programs browser chromium compiler python-headers bench-programs \
  python python-venv install-venv
