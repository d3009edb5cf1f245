"""The JSON Schemas: valid themselves, kept by what the code prints, broken by what it must not print."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import jsonschema
import pytest

from twelvefold.errors import UnknownName
from twelvefold.pipeline.imports import FileReport, ImportReport
from twelvefold.pipeline.night import NightReport
from twelvefold.records import Completeness, RunState, SourceResult, SourceStatus
from twelvefold.schemas import names, schema

SHOP = SourceResult("shop", "schema_org", SourceStatus.OK, Completeness.REACHED_END, 9, 9)
FIGURE = {"value": None, "n": 0, "low": None, "high": None, "definition": "d", "note": "not built yet"}
SCORED = {
    "id": 7,
    "label": "negative",
    "negative": 0.9,
    "neutral": 0.06,
    "positive": 0.04,
    "mixed": None,
    "stars": 1.3,
    "confidence": 0.9,
    "language": "fr",
    "aspects": [],
    "urgency": None,
    "contradiction": False,
    "model": "m/1",
}


def night(kind: str = "night") -> dict[str, Any]:
    report = NightReport(
        run_id=1,
        brand="Acme",
        kind=kind,  # type: ignore[arg-type]
        state=RunState.PARTIAL,
        local_date=date(2026, 11, 22),
        sources=(SHOP,),
        judged=9,
        from_cache=0,
        cases_opened=2,
        seconds=1.5,
        digest=None,
        problems=("one",),
        bursts=(),
    )
    document: dict[str, Any] = json.loads(json.dumps(report.document()))
    return document


def keeps(name: str, document: object) -> bool:
    return bool(jsonschema.Draft202012Validator(schema(name)).is_valid(document))


def test_every_document_has_a_schema() -> None:
    assert names() == (
        *(
            "case",
            "cases",
            "crawl",
            "customers",
            "demo",
            "digest",
            "doctor",
            "health",
            "import",
            "labels",
            "run",
            "score",
        ),
        "testimonials",
    )


@pytest.mark.parametrize("name", names())
def test_each_schema_is_a_valid_one(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(name))


def test_an_unknown_schema_lists_those_that_exist() -> None:
    with pytest.raises(UnknownName, match="there are: case, cases, crawl"):
        schema("../../etc/passwd")


def test_a_run_and_a_crawl_keep_theirs_for_one_brand_and_for_several() -> None:
    assert keeps("run", night())
    assert keeps("crawl", night("crawl"))
    assert not keeps("crawl", night())
    assert keeps("run", {"schema": "twelvefold/run/1", "brands": [night(), night()]})


@pytest.mark.parametrize(
    "change", [{"state": "fine"}, {"judged": -1}, {"sources": [{"source": "shop"}]}, {"local_date": None}]
)
def test_a_run_that_is_wrong_is_found(change: dict[str, Any]) -> None:
    assert not keeps("run", night() | change)


def test_a_demo_says_where_digest_and_database_are() -> None:
    demo = night() | {"schema": "twelvefold/demo/1", "digest": "a.html", "database": "sqlite:///a.db"}
    assert keeps("demo", demo)
    assert not keeps("demo", demo | {"digest": None})


def test_an_import_keeps_its_schema() -> None:
    report = ImportReport((FileReport("a.csv", "utf-8", {"score": "Q1"}, 3, 2, 0, 0, 1, "a.csv.rejected.csv"),))
    document = {"schema": "twelvefold/import/1", **json.loads(json.dumps(report.document()))}
    assert keeps("import", document)
    assert not keeps("import", {"schema": "twelvefold/import/1"})


def test_a_score_line_is_a_judgement_or_an_error() -> None:
    assert keeps("score", SCORED)
    assert keeps("score", {"id": 1, "error": "line 1 is not JSON"})
    assert not keeps("score", {"error": "line 1 is not JSON"})
    assert not keeps("score", SCORED | {"label": "good"})
    assert not keeps("score", {key: value for key, value in SCORED.items() if key != "contradiction"})


def test_a_figure_may_not_lack_its_n_or_definition() -> None:
    figure = schema("health")["$defs"]["figure"]
    assert jsonschema.Draft202012Validator(figure).is_valid(FIGURE)
    for part in FIGURE:
        lacking = {key: value for key, value in FIGURE.items() if key != part}
        assert not jsonschema.Draft202012Validator(figure).is_valid(lacking)
