# Two commands do everything, set-up included: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test browser-test chromium services check lint types imports verify bench fuzz gallery calibration task-log clean
demo: $(READY)
	$(BIN)/funnelsim demo --out out/demo

test: $(READY) services
	$(BIN)/python -m pytest -n 2 --dist worksteal

# The pages in Chromium: widths, dark mode, accessibility, sorting, keyboard, print. Debian packages.
browser-test: $(READY)
	@command -v chromium >/dev/null && command -v chromedriver >/dev/null || $(MAKE) --no-print-directory chromium
	$(BIN)/python -m pytest -m browser tests/browser

chromium:
	@command -v apt-get >/dev/null || { echo "browser-test needs chromium and chromedriver on the PATH; install them (there is no apt-get here)" >&2; exit 1; }
	if [ "$$(id -u)" = 0 ]; then run=; else run=sudo; fi; \
	$$run apt-get update -qq && $$run env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium chromium-driver

# What some tests need; those are skipped where it cannot be installed.
services:
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || { \
	if ! command -v apt-get >/dev/null; then echo "no apt-get here: tests of PostgreSQL are skipped" >&2; exit 0; fi; \
	if [ "$$(id -u)" = 0 ]; then run=; elif sudo -n true 2>/dev/null; then run=sudo; else \
	echo "without rights to install: tests of PostgreSQL are skipped" >&2; exit 0; fi; \
	$$run apt-get update -qq && $$run env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql; }

check: lint types imports test

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

imports: $(READY)
	$(BIN)/lint-imports

verify: $(READY)
	$(BIN)/python -m pytest -m slow

# Damaged models, exports and files between commands, and kills; goes on where it was stopped. See CONTRIBUTING.md.
fuzz: $(READY)
	$(BIN)/python -m tests.fuzz --state out/fuzz/state.jsonl

bench: $(READY)
	$(BIN)/python -m benchmarks

# Every figure, light and dark, for docs/gallery.md.
gallery: $(READY)
	$(BIN)/python -m tests.docs.gallery

# DATA holds a folder for each published data set; see docs/calibration.md.
calibration: $(READY)
	$(if $(DATA),,$(error say where the data sets are: make calibration DATA=folder))
	$(BIN)/python -m benchmarks.calibration --data "$(DATA)"

# LOG is a log of tasks with start and end, MAPPING says what its columns mean; see docs/task-log.md.
task-log: $(READY)
	$(if $(and $(LOG),$(MAPPING)),,$(error say which log: make task-log LOG=file MAPPING=file))
	$(BIN)/python -m pip install --quiet --editable ".[calibration]"
	$(BIN)/python -m benchmarks.task_log --log "$(LOG)" --mapping "$(MAPPING)"

$(READY): pyproject.toml
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "funnelsim needs Python 3.11 or newer; set PYTHON=..."'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable . --group dev
	touch $(READY)

clean:
	rm -rf $(VENV) out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
