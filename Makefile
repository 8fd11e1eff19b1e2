# Each target first installs what it needs and is missing (scripts/setup.sh); then it is quick.
HOST ?= 0.0.0.0
PORT ?= 8000
ARGS ?=
PYTHON := .venv/bin/python

.PHONY: help serve test test-fast test-long test-faults test-cluster mutation check bench format package sbom

help:
	@echo 'make serve   install what is missing, then serve articles/ at http://localhost:$(PORT)  (PORT=8080 HOST=127.0.0.1)'
	@echo 'make test    install what is missing, then run every test           (ARGS="-k epub" chooses)'
	@echo 'make test-fast  the tests that need no browser, server or e-book checker'
	@echo 'make test-long  every test with all its cases and its long form; more than an hour'
	@echo 'make mutation   changes code in random places, lists the changes that no test detects  (ARGS="--sample 5")'
	@echo 'make test-faults   the long form of tests/faults: 200 kills, some twenty minutes'
	@echo 'make test-cluster  the long form of tests/cluster: several machines, of which some are killed; some minutes'
	@echo 'make check   style and types: ruff, mypy --strict'
	@echo 'make bench   every figure the README claims, measured here          (ARGS=--quick for a short run)'
	@echo 'make package build the wheel and the source archive in dist/'
	@echo 'make sbom    software bill of materials, as dist/sbom.cdx.json (CycloneDX)'
	@echo 'make format  format the code for make check'

serve:
	@bash scripts/setup.sh serve
	@exec $(PYTHON) -m reader serve --host $(HOST) --port $(PORT)

test:
	@bash scripts/setup.sh test
	@PYTHONDONTWRITEBYTECODE= $(PYTHON) -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

test-fast:
	@bash scripts/setup.sh check
	@PYTHONDONTWRITEBYTECODE= $(PYTHON) -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not slow" $(ARGS)

test-long:
	@bash scripts/setup.sh test
	@READER_FAULTS_LONG=1 $(PYTHON) -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

mutation:
	@bash scripts/setup.sh test
	@nice -n 15 $(PYTHON) scripts/mutation.py $(ARGS)

test-faults:
	@bash scripts/setup.sh test
	@READER_FAULTS_LONG=1 $(PYTHON) -m pytest tests/faults $(ARGS)

test-cluster:
	@bash scripts/setup.sh test
	@READER_FAULTS_LONG=1 $(PYTHON) -m pytest tests/cluster $(ARGS)

check:
	@bash scripts/setup.sh check
	@$(PYTHON) -m ruff check
	@$(PYTHON) -m ruff format --check
	@$(PYTHON) -m mypy

bench:
	@bash scripts/setup.sh bench
	@for script in benchmarks/*.py; do echo "== $$script"; $(PYTHON) "$$script" $(ARGS) || failed="$$failed $$script"; done; \
	if [ -n "$$failed" ]; then echo "aims missed:$$failed" >&2; exit 1; fi

format:
	@bash scripts/setup.sh check
	@$(PYTHON) -m ruff check --fix --quiet
	@$(PYTHON) -m ruff format --quiet
	@$(PYTHON) scripts/make_traditional.py

package:
	@bash scripts/setup.sh serve
	@bash scripts/setup.sh check
	@$(PYTHON) -m hatchling build

sbom:
	@bash scripts/setup.sh check
	@mkdir -p dist
	@$(PYTHON) -m cyclonedx_py requirements --pyproject pyproject.toml --mc-type application --output-reproducible \
		-o dist/sbom.cdx.json scripts/hashes-serve.txt
	@echo dist/sbom.cdx.json
