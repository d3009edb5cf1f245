"""The NPS weighted to the customers' segments, over a real database on each backend."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import jsonschema
import pytest

from twelvefold.config import parse_configuration
from twelvefold.pipeline.weighted_nps import weighted_nps_figure
from twelvefold.records import Customer, Measure, SurveyAnswer
from twelvefold.schemas import schema
from twelvefold.storage.engine import Database

AT = datetime(2026, 11, 18, 12, tzinfo=UTC)
BRAND = parse_configuration('brands: [{name: Acme, customers: {weight_by: "Sales.région (EU)"}}]', Path()).brands[0]
COLUMN = "Sales.région (EU)"


def answer(number: int, score: float, segment: str | None, customer: str | None = None) -> SurveyAnswer:
    segments = {COLUMN: segment} if segment else {}
    return SurveyAnswer(
        f"r{number}", Measure.NPS, score, 0, 10, answered_at=AT, customer_id=customer, segments=segments
    )


@pytest.fixture
def brand_id(database: Database) -> int:
    """300 customers in the south, 100 in the north, and one in the east."""
    with database.begin() as work:
        brand = work.brands.ensure(BRAND.name, BRAND.zone)
        customers = [Customer(f"s{n}", date(2025, 1, 1), None, {COLUMN: "south"}) for n in range(300)]
        customers += [Customer(f"n{n}", date(2025, 1, 1), None, {COLUMN: "north"}) for n in range(100)]
        work.customers.save(brand, [*customers, Customer("gone", date(2025, 1, 1), date(2026, 1, 1), {COLUMN: "west"})])
    return brand


def ask(database: Database, brand_id: int, *answers: SurveyAnswer, until: date | None = None) -> dict[str, object]:
    with database.begin() as work:
        work.surveys.save(brand_id, answers)
    with database.read() as work:
        found = weighted_nps_figure(work, BRAND, brand_id, None, until)
    assert found is not None
    jsonschema.validate(found, schema("health")["$defs"]["figure"])
    return found


def test_segments_weigh_as_their_customers(database: Database, brand_id: int) -> None:
    north = [answer(n, 10, "north") for n in range(30)]
    # These tell no segment themselves, but who they are.
    south = [answer(100 + n, 0, None, f"s{n}") for n in range(10)]
    found = ask(database, brand_id, *north, *south, answer(999, 5, None), answer(998, 5, "elsewhere"))
    assert (found["value"], found["n"]) == (pytest.approx(0.25 * 100 - 0.75 * 100), 40)
    assert ask(database, brand_id, until=date(2026, 11, 1))["note"] == (
        f"too few answers with a {COLUMN}: 0, at least 10 needed"
    )


def test_a_segment_of_one_person_speaks_for_nobody(database: Database, brand_id: int) -> None:
    north = [answer(n, 10, "north") for n in range(30)]
    found = ask(database, brand_id, *north, answer(100, 0, "south"))
    assert found["note"] == f"too few answers of {COLUMN} 'south': fewer than 5, so nobody speaks for it"


def test_without_a_column_there_is_no_such_figure(database: Database, brand_id: int) -> None:
    plain = BRAND.model_copy(update={"customers": BRAND.customers.model_copy(update={"weight_by": None})})
    with database.read() as work:
        assert weighted_nps_figure(work, plain, brand_id, None, None) is None
