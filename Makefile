# The commands for newcomers. Each target makes .venv and installs if needed. You need only Python 3.11-3.13 and make.

# The first interpreter with a supported version.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; raise SystemExit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
WORKERS ?= 2
# `make HASHES=1`: every package file must have the hash that requirements-hashes.lock names.
LOCKED := $(if $(HASHES),--require-hashes --requirement requirements-hashes.lock,--requirement requirements.lock)

export DO_NOT_TRACK := true
export PREFECT_SERVER_ANALYTICS_ENABLED := false
export MLFLOW_DISABLE_TELEMETRY := true
export NO_MKDOCS_2_WARNING := 1
# Without compiled modules (in __pycache__), each process that a test starts would compile everything again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test quick check bench faults synth-report docs lock sbom licences audit clean

$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Neighbourly needs Python 3.11, 3.12 or 3.13; none was found. Install one, or give its path: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)"; exit 2; }
	@echo "Installing into $(VENV) (once; a few minutes) …"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(LOCKED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $(READY)

demo: $(READY)  ## make a synthetic borough and its risk lists
	$(BIN)/neighbourly demo

test: $(READY)  ## run every test that this machine can run
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

quick: $(READY)  ## run the unit tests of what changed since main, and the short ones of what imports it
	$(BIN)/python -m tests.quick

check: $(READY)  ## what CI and pre-commit run: lint, types, imports, lengths, whether docs are current
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.sizes
	$(BIN)/python -m data_schemas.dictionary --check
	$(BIN)/python -m pipeline.features.dictionary --check
	$(BIN)/python -m tests.spec.reference --check
	$(BIN)/mkdocs build --site-dir $(VENV)/site

docs: $(READY)  ## write the generated pages again, and build the documentation site into site/
	$(BIN)/python -m data_schemas.dictionary
	$(BIN)/python -m pipeline.features.dictionary
	$(BIN)/python -m tests.spec.reference
	$(BIN)/python -m tests.pipeline.publish.sentences
	$(BIN)/mkdocs build

faults: $(READY)  ## inject every fault of tests/faults/faults.csv, and write docs/reference/faults.md
	$(BIN)/python -m tests.faults

bench: $(READY)  ## measure ratios in one run on this machine
	$(BIN)/python -m tests.benchmarks

synth-report: $(READY)  ## compare the synthetic borough with published figures
	$(BIN)/python -m pipeline.synthetic.report

# Both lock files name the same versions, and neither names a host.
COMPILE = $(BIN)/uv pip compile --no-header --no-annotate --universal --python-version 3.11 --group dev --extra spark --extra mesh \
	--extra postgres --extra s3 pyproject.toml

lock: $(READY)  ## resolve the dependencies again; the files name no host
	$(BIN)/python -m pip install --quiet uv
	$(COMPILE) --upgrade --output-file requirements.lock
	cp requirements.lock requirements-hashes.lock
	$(COMPILE) --generate-hashes --output-file requirements-hashes.lock

sbom: $(READY)  ## write what is installed, as CycloneDX, into sbom.json
	$(BIN)/python -m venv $(VENV)/sbom
	$(VENV)/sbom/bin/python -m pip install --quiet "cyclonedx-bom>=7"
	$(VENV)/sbom/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --output-format JSON --output-file sbom.json $(BIN)/python

licences: $(READY)  ## write the licences of what is installed into docs/reference/licences.md
	$(BIN)/python docs/licences.py

audit: $(READY)  ## look for known vulnerabilities in the locked versions; needs a network with the package index
	$(BIN)/python -m pip install --quiet pip-audit
	$(BIN)/pip-audit --requirement requirements-hashes.lock --require-hashes

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache demo out site
