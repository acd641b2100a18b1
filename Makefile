# make run     set up once, then train (ARGS="optimizer=sgd training.epochs=3" passes overrides)
# make check   lint the changed files, and run the tests that start no process and train nothing
# make test    set up once, then run the test suite
# make lint    ruff, mypy (strict), yamllint, hadolint, the layer test
# make bench   compare the speed of the engine with plain model.fit on this machine
# make bench-augmentation   the time that each augmentation adds to an epoch
# make bench-start          the fixed cost of commands and of a run, compared with the imports that they need
# make bench-sweep          a sweep, compared with the same number of scripts run one after the other
# make bench-report         the time of a report on 1,000 and on 10,000 runs
# make gpu     measure and check the program on a GPU; exits with code 2 on a machine without one
# make calibration          false claims, coverage and power of the report's tests, by simulation
# make calibration-effects  the same for the effects of a grid's axes
# make calibration-families the same for families of comparisons and planned looks (25 minutes)
# make calibration-power    the actual power of the numbers of seeds that runner power recommends
# make calibration-images   coverage of the intervals for new test images, with a known true difference
# make calibration-folds    false claims of cross-validation, with classifiers on simulated data
# make torture run the long versions of the reliability tests
# make faults  seed faults one at a time and report which of them the suite catches
# make docs    write the documentation site to site/html/; fails on a warning, such as a broken link
# make lock    regenerate the two lock files from pyproject.toml (needs uv)
# make audit   look up the locked versions in the database of known vulnerabilities (needs uv and a network)

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.PHONY: setup run check test lint format bench gpu bench-augmentation bench-sweep bench-report bench-start calibration \
	calibration-effects calibration-families calibration-folds calibration-images calibration-power torture faults docs \
	lock audit clean
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
# The first interpreter on the path that is really 3.11, 3.12 or 3.13 (version managers leave stubs that do not run).
SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11 python; do \
	$$name -c '$(SUPPORTED)' 2>/dev/null && { echo $$name; break; }; done)

setup: $(VENV)/.ready

INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation
$(VENV)/.dependencies: requirements-build.lock requirements.lock
	@if [ -z "$(PYTHON)" ]; then echo "runner needs Python 3.11, 3.12 or 3.13: install one, or name it: make PYTHON=/path/to/python" >&2; exit 1; fi
	@$(PYTHON) -m venv --clear $(VENV)
	@echo "installing the pinned dependencies into $(VENV) (once, a few minutes)"
	@$(INSTALL) --require-hashes -r requirements-build.lock
	@$(INSTALL) --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.ready: $(VENV)/.dependencies pyproject.toml
	@$(INSTALL) --no-deps --editable .
	@touch $@

run: setup
	$(BIN)/runner $(ARGS)

PYTEST := $(BIN)/python -m pytest --numprocesses 2 --dist worksteal

check: setup
	@changed=$$(git diff --name-only --diff-filter=d HEAD -- '*.py'; git ls-files --others --exclude-standard -- '*.py'); \
	if [ -n "$$changed" ]; then \
		$(BIN)/ruff check $$changed; \
		$(BIN)/ruff format --check $$changed; \
		case "$$changed" in *runner/*) $(BIN)/mypy;; esac; \
	fi
	$(PYTEST) --check $(ARGS)

test: setup
	$(PYTEST) $(ARGS)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/yamllint --strict conf
	$(BIN)/hadolint Dockerfile .devcontainer/Dockerfile
	$(BIN)/python -m pytest --quiet tests/test_layers.py

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup
	$(BIN)/python -m tests.benchmarks $(ARGS)

gpu: setup
	$(BIN)/python -m tests.benchmarks.gpu $(ARGS)

bench-augmentation: setup
	$(BIN)/python -m tests.benchmarks.augmentation $(ARGS)

bench-start: setup
	$(BIN)/python -m tests.benchmarks.start $(ARGS)

bench-sweep: setup
	$(BIN)/python -m tests.benchmarks.sweep $(ARGS)

calibration: setup
	$(BIN)/python -m tests.benchmarks.calibration $(ARGS)
	$(BIN)/python -m tests.benchmarks.calibration_wins $(ARGS)
	$(BIN)/python -m tests.benchmarks.calibration_tasks $(ARGS)
	$(BIN)/python -m tests.benchmarks.calibration_times $(ARGS)
	$(BIN)/python -m tests.benchmarks.calibration_variance $(ARGS)

bench-report: setup
	$(BIN)/python -m tests.benchmarks.report $(ARGS)

calibration-effects: setup
	$(BIN)/python -m tests.benchmarks.calibration_effects $(ARGS)

calibration-families: setup
	$(BIN)/python -m tests.benchmarks.calibration_families $(ARGS)

calibration-folds: setup
	$(BIN)/python -m tests.benchmarks.calibration_folds $(ARGS)

calibration-power: setup
	$(BIN)/python -m tests.benchmarks.calibration_power $(ARGS)

calibration-images: setup
	$(BIN)/python -m tests.benchmarks.calibration_images $(ARGS)

torture: setup
	$(PYTEST) --torture \
		$(or $(ARGS),tests/torture tests/test_install.py tests/test_main_job.py)

faults: setup
	$(BIN)/python -m tests.faults $(ARGS)

docs: setup
	$(BIN)/python -m sphinx -M html docs site --quiet --fresh-env --fail-on-warning --keep-going
	@echo site/html/index.html

COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes pyproject.toml
EXTRAS := --extra mlflow --extra onnx --extra optuna --extra ray --extra slurm --extra wandb
lock:
	$(COMPILE) $(EXTRAS) --group dev --group docs --group build --output-file requirements.lock
	$(COMPILE:pyproject.toml=) --constraint requirements.lock --group build --output-file requirements-build.lock

audit:
	uvx pip-audit --disable-pip --require-hashes --requirement requirements.lock --requirement requirements-build.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache dist site
