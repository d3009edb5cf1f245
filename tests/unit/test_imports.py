"""Imports into a database: idempotent, told in full, rejected rows kept beside the file."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from twelvefold.config import CustomerSettings, parse_configuration
from twelvefold.errors import UnreadableFile
from twelvefold.pipeline.imports import import_files, import_matching_surveys
from twelvefold.records import Customer, Measure, Order
from twelvefold.storage.engine import open_database

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def ground(tmp_path):
    """A folder with a configuration and an open database."""
    configuration = parse_configuration(
        """
        brands:
          - name: Acme
            zone: Europe/Paris
            language: fr
            surveys: [{match: "export-*.csv", mapping: {score: Q1}, measure: csat, scale: [1, 5]}]
            sources: [{name: drop, kind: files, paths: ["drop/*.csv"], subject: Kettle}]
        """,
        tmp_path,
    )
    database = open_database(f"sqlite:///{tmp_path / 'test.db'}")
    yield Ground(tmp_path, configuration, database)
    database.close()


class Ground:
    def __init__(self, folder, configuration, database):
        self.folder, self.configuration, self.database = folder, configuration, database
        self.brand = configuration.brands[0]

    def write(self, name: str, text: str) -> Path:
        file = self.folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")
        return file

    def imported(self, what, *files, progress=None):
        report = import_files(self.database, self.brand, what, files, self.configuration, NOW, progress)
        return report.document()["files"]


def counts(file):
    return file["new"], file["updated"], file["unchanged"], file["rejected"]


def test_a_survey_twice_gives_nothing_new_and_an_edit_is_an_update(ground):
    file = ground.write("a.csv", "id,nps,comment\n1,9,Bien\n2,3,Lent\n")
    (first,) = ground.imported("surveys", file)
    assert (first["read"], *counts(first)) == (2, 2, 0, 0, 0)
    assert first["mapping"] == {"id": "id", "nps": "nps", "comment": "comment"}
    assert first["encoding"] == "utf-8"
    assert counts(ground.imported("surveys", file)[0]) == (0, 0, 2, 0)
    ground.write("a.csv", "id,nps,comment\n1,10,Bien\n2,3,Lent\n")
    assert counts(ground.imported("surveys", file)[0]) == (0, 1, 1, 0)
    with ground.database.read() as work:
        histogram = work.surveys.histogram(1, Measure.NPS)
    assert [(row.score, row.n) for row in histogram] == [(3, 1), (10, 1)]


def test_rows_without_ids_are_known_by_their_content_under_any_file_name(ground):
    text = "nps,comment\n9,\n9,\n10,Bien\n"
    assert counts(ground.imported("surveys", ground.write("jan.csv", text))[0]) == (3, 0, 0, 0)
    assert counts(ground.imported("surveys", ground.write("copy.csv", text + "2,Lent\n"))[0]) == (1, 0, 3, 0)


def test_rejected_rows_are_kept_safe_from_formulas_and_go_when_mended(ground):
    file = ground.write("a.csv", "id,nps,comment\n1,9,Bien\n2,12,=HYPERLINK(1)\n3,often,'+56\n")
    (report,) = ground.imported("surveys", file)
    assert counts(report) == (1, 0, 0, 2)
    kept = Path(report["rejected_file"])
    assert kept.name == "a.csv.rejected.csv"
    with kept.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [(row["row"], row["comment"]) for row in rows] == [("3", "'=HYPERLINK(1)"), ("4", "'+56")]
    assert "out of range" in rows[0]["reason"]
    kept.write_text(kept.read_text("utf-8-sig").replace(",12,", ",7,").replace("often", "8"), "utf-8-sig")
    assert counts(ground.imported("surveys", kept)[0]) == (2, 0, 0, 0)
    ground.write("a.csv", "id,nps,comment\n1,9,Bien\n")
    assert ground.imported("surveys", file)[0]["rejected_file"] is None
    assert not kept.exists()


def test_a_file_that_is_none_stops_all_before_anything_is_stored(ground):
    good = ground.write("a.csv", "id,nps\n1,9\n")
    with pytest.raises(UnreadableFile, match=r"none\.csv"):
        ground.imported("surveys", good, ground.folder / "none.csv")
    with ground.database.read() as work:
        assert work.surveys.count(1) == 0


def test_the_configured_surveys_are_found_by_their_name(ground):
    ground.write("export-1.csv", "id,Q1,nps\n1,4,9\n")
    ground.write("export-2.csv", "")
    ground.write("export-1.csv.rejected.csv", "row,reason,id,Q1\n9,x,9,9\n")
    problems = import_matching_surveys(ground.database, ground.brand, ground.configuration, NOW)
    assert len(problems) == 1 and "export-2.csv is empty" in problems[0]
    with ground.database.read() as work:
        assert [row.score for row in work.surveys.histogram(1, Measure.CSAT)] == [4]
        assert work.surveys.histogram(1, Measure.NPS) == []


def test_mentions_go_under_the_source_whose_paths_they_match(ground):
    drop = ground.write("drop/a.csv", "id,text,rating,language\n1,Très déçu du service,1,fr\n2,,,\n")
    other = ground.write("b.csv", "id,text\n1,客服態度很差，等了三天\n")
    first, second = ground.imported("mentions", drop, other)
    assert counts(first) == (1, 0, 0, 1)  # the row that says nothing
    assert counts(second) == (1, 0, 0, 0)
    with ground.database.read() as work:
        rows = {(row["source"], row["subject"], row["language"], row["stars"]) for row in work.mentions.export(1)}
    assert rows == {("drop", "Kettle", "fr", 1.0), ("import", None, "zh-Hant", None)}
    assert counts(ground.imported("mentions", drop)[0]) == (0, 0, 1, 1)


def test_customers_with_their_segments_and_days(ground):
    text = (
        "Customer ID;E-Mail;Seit;Gekündigt;Plan\n"
        "C1;reader1@example.org;14.02.1988;;Gold\nC2;;03.05.2024;01.02.2027;\nC3;;05.05.2024;04.05.2024;\n;;;;Gold\n"
    )
    (report,) = ground.imported("customers", ground.write("c.csv", text))
    assert counts(report) == (2, 0, 0, 2)
    assert "E-Mail" not in report["mapping"].values()
    with ground.database.read() as work:
        assert work.customers.all(1) == [
            Customer("C1", date(1988, 2, 14), None, {"Plan": "Gold"}),
            Customer("C2", date(2024, 5, 3), date(2027, 2, 1), {}),
        ]
    assert counts(ground.imported("customers", ground.folder / "c.csv")[0]) == (0, 0, 2, 2)


def test_any_column_of_customers_is_a_segment_once_it_is_named(ground):
    text = "Nummer,Tariff,Origin,E-Mail\nk1,A,web,reader1@example.org\nk2,B,,reader2@example.org\n"
    file = ground.write("c.csv", text.replace("Nummer", "customer id"))
    (report,) = ground.imported("customers", file)
    assert report["notes"] == [
        "not read: 'Tariff', 'Origin'; name those to split figures by under customers.mapping.segments"
    ]
    settings = CustomerSettings(mapping={"customer_id": "Nummer", "segments": "tariff, Origin"})
    ground.brand = ground.brand.model_copy(update={"customers": settings})
    (report,) = ground.imported("customers", ground.write("c.csv", text))
    assert (counts(report), report["notes"]) == ((0, 2, 0, 0), [])
    assert report["mapping"] == {"customer_id": "Nummer", "segments": "Tariff, Origin"}
    with ground.database.read() as work:
        assert [each.segments for each in work.customers.all(1)] == [{"Tariff": "A", "Origin": "web"}, {"Tariff": "B"}]


def test_orders_and_first_days_to_come_are_refused_and_cancellations_are_not(ground):
    text = "customer id,since,cancelled\nk1,2026-01-01,2027-01-01\nk2,2027-01-01,\n"
    (report,) = ground.imported("customers", ground.write("c.csv", text))
    assert report["notes"] == ["row 3 rejected: '2027-01-01' in 'since' is no possible date"]
    text = "order id,customer id,date,amount\n1,k1,2026-11-01,5\n2,k1,2027-11-01,5\n1,k1,2026-11-01,6\n"
    (report,) = ground.imported("orders", ground.write("o.csv", text))
    assert (counts(report), report["notes"]) == (
        (1, 0, 0, 2),
        [
            "row 3 rejected: '2027-11-01' in 'date' is no possible date",
            "row 4 rejected: '1' stands in row 2 too, with other values: which one counts?",
        ],
    )


def test_orders_with_columns_that_are_only_configured(ground):
    settings = CustomerSettings(order_mapping={"amount": "Wert"})
    ground.brand = ground.brand.model_copy(update={"customers": settings})
    text = "order id,customer id,date,Wert\n1,k1,2026-11-01,5\n"
    assert counts(ground.imported("orders", ground.write("o.csv", text))[0]) == (1, 0, 0, 0)
    with pytest.raises(UnreadableFile, match="no column 'Wert' for 'amount'"):
        ground.imported("orders", ground.write("o.csv", text.replace("Wert", "Preis")))


def test_orders_with_decimal_commas(ground):
    rows = "1;C1;2026/11/02;1.234,50 €;10,5\n2;C1;2026/11/03;12,00;\n3;C1;2026/13/03;9,00;\n"
    text = "訂單編號;客戶編號;日期;金額;毛利\n" + rows
    (report,) = ground.imported("orders", ground.write("o.csv", text))
    assert counts(report) == (2, 0, 0, 1)
    with ground.database.read() as work:
        assert work.customers.orders(1) == [
            Order("1", "C1", date(2026, 11, 2), 1234.5, 10.5),
            Order("2", "C1", date(2026, 11, 3), 12.0, None),
        ]


def test_missing_columns_of_orders_are_named(ground):
    with pytest.raises(UnreadableFile, match="no column for amount"):
        ground.imported("orders", ground.write("o.csv", "order id,customer id,date\n1,2,2026-11-01\n"))


def test_progress_counts_the_rows_of_all_files(ground):
    told: list[int] = []
    files = [ground.write(f"{name}.csv", "id,nps\n1,9\n2,8\n") for name in "ab"]
    ground.imported("surveys", *files, progress=told.append)
    assert told == [2, 4]


def test_a_folder_that_cannot_be_written_to_is_said_and_the_rows_go_in(ground, monkeypatch):
    file = ground.write("a.csv", "id,nps\n1,9\n2,99\n")
    (ground.folder / "a.csv.rejected.csv.part").mkdir()
    (report,) = ground.imported("surveys", file)
    assert counts(report) == (1, 0, 0, 1)
    assert report["rejected_file"] is None
    assert any("cannot be kept" in note for note in report["notes"])


def test_a_mention_is_linked_to_the_customer_that_its_file_tells(ground):
    file = ground.write(
        "reviews.csv", "id,text,customer id,user id\n1,Good,k7,site-user\n2,Bad,,other\n3,So so,a@b.example,x\n"
    )
    (report,) = ground.imported("mentions", file)
    assert report["mapping"]["customer_id"] == "customer id"
    with ground.database.read() as work:
        rows = work._connection.exec_driver_sql("SELECT external_id, customer_id FROM mentions").all()
    found = dict(map(tuple, rows))
    assert (found["1"], found["2"], found["3"][:2]) == ("k7", None, "h:")
