# Two commands on a fresh machine (Python 3.11 or later, pip): `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test lint types
run: $(VENV)/installed
	$(BIN)/twelvefold demo

test: $(VENV)/installed-test lint types
	$(BIN)/pytest -n auto --dist loadfile

lint: $(VENV)/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# mypy cannot read an editable install, so it reads an installed copy (see CONTRIBUTING.md).
types: $(VENV)/installed-test
	rm -rf build/typed build/lib
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --target build/typed .
	MYPYPATH=build/typed $(BIN)/mypy -p twelvefold

$(VENV)/installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Twelvefold needs Python 3.11 or later; set PYTHON=...") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --disable-pip-version-check --editable .
	touch $@

$(VENV)/installed-test: $(VENV)/installed
	$(BIN)/pip install --disable-pip-version-check --editable '.[test]'
	touch $@
