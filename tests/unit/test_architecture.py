"""The arrows of HOUSE: who may import whom, and which library lives where."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("twelvefold", "crawlers", "models", "storage", "pipeline")
VOCABULARY = {"twelvefold", "twelvefold.records", "twelvefold.errors", "twelvefold.config"}
MAY_IMPORT = {
    "crawlers": {"crawlers"},
    "models": {"models"},
    "storage": {"storage"},
    "pipeline": {"crawlers", "models", "storage", "pipeline"},
}
HOME_OF = {
    "scrapy": "crawlers",
    "twisted": "crawlers",
    "extruct": "crawlers",
    "torch": "models",
    "transformers": "models",
    "sqlalchemy": "storage",
    "alembic": "storage",
    "apscheduler": "pipeline",
}
FILES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))


def imported_names(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names if node.module == "twelvefold")


def test_the_rules_see_the_files() -> None:
    assert len(FILES) > 40


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_dependencies_run_one_way(path: Path) -> None:
    folder = path.relative_to(ROOT).parts[0]
    for name in imported_names(path):
        top = name.split(".")[0]
        assert top not in MAY_IMPORT, f"{path}: imports bare {name}; write twelvefold.{name}"
        home = HOME_OF.get(top)
        assert home in (None, folder), f"{path}: {top} is imported only under {home}/"
        if top != "twelvefold" or folder == "twelvefold":
            continue
        part = name.split(".")[1] if "." in name else ""
        if part in MAY_IMPORT:
            assert part in MAY_IMPORT[folder], f"{path}: {folder} must not import {name}"
        else:
            assert ".".join(name.split(".")[:2]) in VOCABULARY, f"{path}: {folder} must not import {name}"


def test_no_file_grows_beyond_what_one_person_reads() -> None:
    long = {str(path.relative_to(ROOT)): n for path in FILES if (n := len(path.read_text("utf-8").splitlines())) > 450}
    assert not long
