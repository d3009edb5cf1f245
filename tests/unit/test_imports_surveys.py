"""Survey exports of every tool into answers, and what is refused in words."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from twelvefold.config import Brand, ConfigError, SurveySettings
from twelvefold.crawlers.tabular import read_table
from twelvefold.errors import UnreadableFile
from twelvefold.pipeline.imported_rows import Rejected
from twelvefold.pipeline.survey_import import SurveyImport
from twelvefold.records import Measure

FIXTURES = Path(__file__).parents[1] / "fixtures" / "survey"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY = b"a key of this test"


def survey(file: Path, *, language="en", zone="Europe/Paris", **settings) -> SurveyImport:
    configured = SurveySettings(match=file.name, **settings) if settings else None
    return SurveyImport(read_table(file), configured, Brand(name="Acme", language=language, zone=zone), KEY, NOW)


def answers_of(imported: SurveyImport):
    return [answer for item in imported.items() if not isinstance(item, Rejected) for answer in item[1]]


def rejected_of(imported: SurveyImport):
    return [(item.number, item.reason) for item in imported.items() if isinstance(item, Rejected)]


def told(imported: SurveyImport):
    return [(a.response_id, a.measure.value, a.score, a.comment) for a in answers_of(imported)]


def write(folder: Path, text: str, name: str = "survey.csv") -> Path:
    (folder / name).write_text(text, "utf-8")
    return folder / name


def test_qualtrics_three_header_rows_and_previews():
    imported = survey(FIXTURES / "qualtrics.csv")
    answers = answers_of(imported)
    assert [(a.response_id, a.measure, a.score, a.comment) for a in answers] == [
        ("R_1", Measure.NPS, 9, "Quick and kind,\nas always"),
        ("R_3", Measure.NPS, 4, "Trop lent"),
    ]
    assert answers[0].answered_at == datetime(2026, 11, 2, 7, 28, 48, tzinfo=UTC)
    assert [a.language for a in answers] == ["en", "fr"]
    assert imported.left_out == {"previews and tests of the survey": 1}
    assert {"RecipientEmail", "IPAddress", "LocationLatitude"}.isdisjoint(imported.mapping.values())
    assert imported.mapping["nps"] == "Q1"


def test_qualtrics_old_exports_have_two_header_rows():
    imported = survey(FIXTURES / "qualtrics_legacy.csv")
    assert told(imported) == [("R_7", "nps", 10, "Nothing at all"), ("R_8", "nps", 3, "The queue")]
    assert answers_of(survey(FIXTURES / "qualtrics_legacy.csv"))[0].answered_at == datetime(
        2015, 3, 1, 9, 2, tzinfo=UTC
    )


def test_typeform_is_in_utc_and_its_guards_come_off():
    imported = survey(FIXTURES / "typeform.csv")
    answers = answers_of(imported)
    assert [(a.score, a.comment) for a in answers] == [(10, "Great 👍"), (6, "-5 for the waiting time")]
    assert answers[0].answered_at == datetime(2026, 11, 1, 10, 1, 30, tzinfo=UTC)
    assert imported.left_out == {"neither a score nor a text in them": 1}


def test_surveymonkey_spreads_a_score_over_columns():
    imported = survey(FIXTURES / "surveymonkey.csv")
    assert told(imported) == [
        ("118000000001", "nps", 9, "Friendly people"),
        ("118000000001", "csat", 5, ""),
        ("118000000002", "nps", 0, "Nobody answers"),
        ("118000000002", "csat", 1, ""),
    ]
    assert answers_of(survey(FIXTURES / "surveymonkey.csv"))[0].answered_at.month == 11


def test_delighted_tells_the_measure_row_by_row_in_epochs():
    imported = survey(FIXTURES / "delighted.jsonl")
    assert told(imported) == [("d1", "nps", 9, "Très bien"), ("d2", "nps", 0, ""), ("d3", "csat", 5, "很滿意")]
    (first, *_) = answers_of(survey(FIXTURES / "delighted.jsonl"))
    assert first.answered_at == datetime.fromtimestamp(1793520000, UTC)
    ((number, reason),) = rejected_of(survey(FIXTURES / "delighted.jsonl"))
    assert number == 4 and "not JSON" in reason


@pytest.mark.parametrize(
    ("name", "answers", "months"),
    [
        ("fr", [("nps", 9.0), ("csat", 4.0), ("nps", 3.0), ("csat", 1.0)], {3, 4}),
        ("zh", [("nps", 10.0), ("csat", 5.0), ("nps", 4.0), ("csat", 2.0)], {3}),
    ],
)
def test_google_forms_in_the_sheets_own_language(name, answers, months):
    imported = survey(FIXTURES / f"google_forms_{name}.csv")
    found = answers_of(imported)
    assert [(a.measure.value, a.score) for a in found] == answers
    assert {a.answered_at.month for a in found} == months
    assert all(a.comment for a in found if a.measure is Measure.NPS)


def test_limesurvey_with_decimal_commas_and_its_date_of_anonymity():
    imported = survey(FIXTURES / "limesurvey.csv")
    answers = answers_of(imported)
    assert [(a.response_id, a.score, a.comment) for a in answers] == [("1", 8, "Correct"), ("3", 10, "")]
    assert answers[1].answered_at is None


def test_formbricks():
    imported = survey(FIXTURES / "formbricks.csv")
    answers = answers_of(imported)
    assert [a.response_id for a in answers] == ["cm000000000000000000001", "cm000000000000000000002"]
    assert [a.customer_id for a in answers] == ["u1", "u2"]
    assert imported.layout.tool == "formbricks"


def test_windows_and_dos_bytes_inside_one_cell():
    imported = survey(FIXTURES / "nps_cp1252_cp850.csv")
    assert told(imported) == [
        ("11", "nps", 9, "très bonne conseillére, prête à aider"),
        ("12", "comment", None, "Été à la mer, 7€50, cœur d’or"),
        ("13", "nps", 4, ""),
        ("14", "nps", 10, "Bien… l’été – merci"),
    ]
    assert imported.table.encoding == "cp1252 mixed with cp850"


def test_utf16_and_big5():
    assert [row[2:] for row in told(survey(FIXTURES / "nps_utf16.txt"))] == [(10, "太好了"), (2, "zu langsam")]
    imported = survey(FIXTURES / "nps_big5.csv")
    assert told(imported) == [
        ("1", "nps", 9, "客服很親切，下次還會再來"),
        ("2", "nps", 2, "等了兩個星期都沒有人回覆"),
    ]


def test_bare_scores_are_all_different_people():
    first, second = (answers_of(survey(FIXTURES / "nps_bare.csv")) for _ in range(2))
    assert [a.score for a in first] == [10, 10, 9, 2, 7, 10, 9, 8, 6, 10, 10]
    assert {a.measure for a in first} == {Measure.NPS}
    assert len({a.response_id for a in first}) == 11
    assert first == second


def test_a_text_without_score_is_feedback_and_no_nps_of_0(tmp_path):
    (answer,) = answers_of(survey(write(tmp_path, "id,nps,comment\n1,,No search\n"), language="en"))
    assert (answer.measure, answer.score, answer.scale_low) == (Measure.COMMENT, None, None)


def test_scores_out_of_range_are_named_per_row(tmp_path):
    imported = survey(write(tmp_path, "id,nps,comment\n1,9,a\n2,11,b\n3,-1,c\n4,8.5,d\n5,often,e\n6,2/5,f\n"))
    reasons = dict(rejected_of(imported))
    assert list(reasons) == [3, 4, 5, 6, 7]
    assert "11" in reasons[3] and "0 to 10" in reasons[3]
    assert "whole numbers" in reasons[5]
    assert "not a score" in reasons[6]
    assert "scales are not mixed" in reasons[7]


def test_an_id_with_other_answers_is_refused_and_a_repeat_is_not(tmp_path):
    imported = survey(write(tmp_path, "id,nps\n1,9\n1,2\n2,5\n2,5\n"))
    assert [row[:3] for row in told(imported)] == [("1", "nps", 9), ("2", "nps", 5)]
    assert imported.left_out == {"repeats of an earlier row": 1}
    ((number, reason),) = rejected_of(survey(imported.table.path))
    assert number == 3 and "row 2" in reason


def test_impossible_dates_are_refused_and_missing_ones_are_not(tmp_path):
    rows = "1,9,2026-02-30\n2,9,2036-01-01\n3,9,\n4,9,NA\n5,9,2026-11-02\n6,9,soon\n"
    imported = survey(write(tmp_path, "id,nps,date\n" + rows))
    assert [number for number, _ in rejected_of(imported)] == [2, 3, 7]
    found = {a.response_id: a.answered_at for a in answers_of(survey(imported.table.path))}
    assert found == {"3": None, "4": None, "5": datetime(2026, 11, 1, 23, tzinfo=UTC)}


@pytest.mark.parametrize(("language", "month"), [("fr", 4), ("en", 3)])
def test_a_doubtful_order_is_settled_by_the_brands_language_and_said(tmp_path, language, month):
    imported = survey(write(tmp_path, "id,nps,date\n1,9,03/04/2026\n"), language=language, zone="UTC")
    assert [a.answered_at.month for a in answers_of(imported)] == [month]
    assert any("fit both ways" in note for note in imported.notes)


@pytest.mark.parametrize(("highest", "scale"), [(5, (1, 5)), (7, (1, 7)), (10, (1, 10))])
def test_the_scale_of_satisfaction_is_that_of_its_highest_score(tmp_path, highest, scale):
    imported = survey(write(tmp_path, f"id,Satisfaction\n1,{highest}\n2,1\n"))
    assert {(a.scale_low, a.scale_high) for a in answers_of(imported)} == {scale}
    assert any(f"scale of 1 to {highest}" in note for note in imported.notes)


def test_one_typing_error_among_many_does_not_make_the_scale_longer(tmp_path):
    rows = "".join(f"{number},{number % 5 + 1}\n" for number in range(200))
    imported = survey(write(tmp_path, "id,Satisfaction\n" + rows + "x,55\n"))
    assert {a.scale_high for a in answers_of(imported)} == {5}
    ((number, reason),) = rejected_of(survey(imported.table.path))
    assert number == 202 and "out of range" in reason


def test_a_scale_that_cannot_be_inferred_is_asked_for(tmp_path):
    file = write(tmp_path, "id,Satisfaction\n1,85\n2,40\n")
    with pytest.raises(UnreadableFile, match="scale"):
        survey(file)
    assert {a.scale_high for a in answers_of(survey(file, scale=(0, 100)))} == {100}


def test_the_mapping_of_the_configuration_wins(tmp_path):
    file = write(tmp_path, "Nr,Q1,Q2,Filiale,nps\n1,4,Gut,Nord,9\n")
    imported = survey(
        file, mapping={"score": "Q1", "comment": "Q2", "segments": "Filiale"}, measure="ces", scale=(1, 7)
    )
    (answer,) = answers_of(imported)
    assert (answer.measure, answer.score, answer.scale_high, answer.comment) == (Measure.CES, 4, 7, "Gut")
    assert answer.segments == {"Filiale": "Nord"}


def test_a_configured_column_that_is_missing_is_named(tmp_path):
    file = write(tmp_path, "id,Punkte\n1,9\n")
    with pytest.raises(UnreadableFile, match=r"'Punkt'.*did you mean 'Punkte'"):
        survey(file, mapping={"score": "Punkt"})
    with pytest.raises(ConfigError, match="did you mean 'comment'"):
        survey(file, mapping={"coment": "Punkte"})


def test_a_file_without_scores_and_texts_is_refused(tmp_path):
    with pytest.raises(UnreadableFile, match=r"score or a comment.*'colour'"):
        survey(write(tmp_path, "id,colour\n1,red\n2,blue\n"))


def test_a_question_in_words_is_found_by_its_text_not_taken_for_a_score(tmp_path):
    header = '"Would you recommend us?","Why would you recommend us, or not?"\n'
    imported = survey(write(tmp_path, header + "9,Kind people\n3,Too slow for me\n"))
    assert [(a.score, a.comment) for a in answers_of(imported)] == [(9, "Kind people"), (3, "Too slow for me")]


def test_an_e_mail_address_as_customer_is_kept_as_a_keyed_hash(tmp_path):
    imported = survey(write(tmp_path, "id,customer id,nps\n1,Reader1@example.org,9\n2,C7,8\n"))
    first, second = answers_of(imported)
    assert first.customer_id.startswith("h:") and "example" not in first.customer_id
    assert second.customer_id == "C7"


@pytest.mark.parametrize(
    ("question", "answers", "high_is_good"),
    [
        ("How easy was it to solve your problem?", ("7", "2"), True),
        ("Customer effort score", ("7", "2"), True),
        ("How difficult was it? (effort)", ("7", "2"), False),
        ("How much effort did you have to put in?", ("5", "1"), False),
        ("Quel effort avez-vous dû fournir ?", ("5", "1"), False),
        ("Comment jugez-vous cet effort, facile ou difficile ?", ("5 - Très difficile", "1 - Très facile"), False),
        ("How easy or difficult was it?", ("1 - Very difficult", "7 - Very easy"), True),
        ("How easy was it? (1 = very easy, 5 = very difficult)", ("5", "1"), False),
        ("您覺得費力嗎", ("5", "1"), False),
        ("問題容易解決嗎", ("5", "1"), True),
    ],
)
def test_which_end_of_effort_is_easy_is_told_by_labels_or_the_question(tmp_path, question, answers, high_is_good):
    rows = "".join(f'{number},"{answer}"\n' for number, answer in enumerate(answers))
    imported = survey(write(tmp_path, f'id,"{question}"\n{rows}'))
    assert {(a.measure, a.high_is_good) for a in answers_of(imported)} == {(Measure.CES, high_is_good)}
    assert any("turned, so high = easy" in note for note in imported.notes) is not high_is_good


@pytest.mark.parametrize(("field", "high_is_good"), [("ease", True), ("difficulty", False)])
def test_the_mapping_says_which_end_is_easy(tmp_path, field, high_is_good):
    file = write(tmp_path, "id,How difficult was it\n1,5\n2,1\n")
    imported = survey(file, mapping={field: "How difficult was it"})
    assert [a.high_is_good for a in answers_of(imported)] == [high_is_good] * 2
    assert imported.mapping["ces"] == "How difficult was it"
    with pytest.raises(ConfigError, match="only one"):
        survey(file, mapping={"ces": "id", field: "id"})


def test_answers_in_words_are_scores_and_the_reading_is_told(tmp_path):
    rows = "1,Very satisfied,5\n2,Satisfied,\n3,Very dissatisfied,1\n4,Mostly harmless,3\n"
    imported = survey(write(tmp_path, "id,Satisfaction,Rang\n" + rows))
    assert [(a.measure, a.score, a.scale_low, a.scale_high) for a in answers_of(imported)] == [
        (Measure.CSAT, 5, 1, 5),
        (Measure.CSAT, 4, 1, 5),
        (Measure.CSAT, 1, 1, 5),
    ]
    assert any("'Very satisfied' = 5" in note and "CSAT of 1 to 5" in note for note in imported.notes)
    ((number, reason),) = rejected_of(survey(imported.table.path))
    assert number == 5 and "not a score" in reason


def test_words_of_ease_are_not_turned_and_agreement_is_as_the_question_asks(tmp_path):
    eased = survey(write(tmp_path, "id,How difficult was it? (effort)\n1,Très facile\n2,Très difficile\n", "a.csv"))
    assert [(a.score, a.high_is_good) for a in answers_of(eased)] == [(5, True), (1, True)]
    agreed = survey(write(tmp_path, "id,It took much effort\n1,非常同意\n2,不同意\n", "b.csv"))
    assert [(a.score, a.high_is_good) for a in answers_of(agreed)] == [(5, False), (2, False)]


def test_words_are_no_nps_and_unknown_ones_are_named(tmp_path):
    file = write(tmp_path, "id,nps\n1,Very likely\n2,Unlikely\n")
    assert answers_of(survey(file, mapping={"nps": "nps"})) == []
    with pytest.raises(UnreadableFile, match=r"no scores that are known: 'blue', 'red'"):
        survey(write(tmp_path, "id,Q\n1,blue\n2,red\n"), mapping={"csat": "Q"})
    beside = survey(write(tmp_path, "id,Q,comment\n1,blue,Fine\n"), mapping={"csat": "Q"})
    assert [a.measure for a in answers_of(beside)] == [Measure.COMMENT]
    assert any("'Q' is left out" in note for note in beside.notes)


@pytest.mark.parametrize(
    "cell", ["10 (extremely likely)", "10 - Extremely likely", "Extremely likely (10)", "très probable - 10"]
)
def test_a_score_with_its_label_is_that_score(tmp_path, cell):
    (answer,) = answers_of(survey(write(tmp_path, f"id,nps\n1,{cell}\n")))
    assert answer.score == 10


def test_a_column_of_scores_without_one_leaves_the_comments(tmp_path):
    imported = survey(write(tmp_path, "id,Satisfaction,comment\n1,NA,Fine\n"))
    assert [a.measure for a in answers_of(imported)] == [Measure.COMMENT]


FIVE, TEN = [5, 4, 5, 3, 4, 5, 1, 4, 5, 5] * 3, [10, 9, 8, 10, 2, 9, 7, 10, 9, 10] * 3


def scored(folder: Path, header: str, scores: list[int]) -> Path:
    return write(folder, f"id,{header}\n" + "".join(f"r{number},{score}\n" for number, score in enumerate(scores)))


@pytest.mark.parametrize("header", ["NPS", "Satisfaction", "How easy was it?", "Score"])
@pytest.mark.parametrize("of_ten", [TEN, TEN[:20], TEN * 2])
def test_answers_on_1_to_5_among_those_on_10_are_refused(tmp_path, header, of_ten):
    with pytest.raises(UnreadableFile, match=f"'{re.escape(header)}' cannot be read.*scales are not mixed"):
        survey(scored(tmp_path, header, FIVE + of_ten))


@pytest.mark.parametrize("header", ["NPS", "Satisfaction"])
def test_a_column_of_two_scales_is_left_out_beside_another_measure(tmp_path, header):
    beside = [f"r{number},{score},words enough to be read,4\n" for number, score in enumerate(FIVE + TEN)]
    imported = survey(write(tmp_path, f"id,{header},comment,ease\n" + "".join(beside)))
    assert {answer.measure for answer in answers_of(imported)} == {Measure.CES}
    assert any(f"{header!r} is left out" in note for note in imported.notes)


SEVEN = [7, 7, 7, 6, 7, 2, 7, 5, 7, 4] * 3


@pytest.mark.parametrize("header", ["How easy was it?", "Effort", "Satisfaction"])
@pytest.mark.parametrize("scores", [FIVE + SEVEN, FIVE * 2 + SEVEN, FIVE + SEVEN * 2])
def test_answers_on_1_to_5_among_those_on_7_are_refused_until_the_one_scale_is_named(tmp_path, header, scores):
    file = scored(tmp_path, header, scores)
    with pytest.raises(
        UnreadableFile, match=f"'{re.escape(header)}' cannot be read.*on 1 to 7, and scales are not mixed"
    ):
        survey(file)
    fives = survey(file, scale=(1, 5))
    assert {answer.scale_high for answer in answers_of(fives)} == {5}
    assert [number - 2 for number, _ in rejected_of(survey(file, scale=(1, 5)))] == [
        place for place, score in enumerate(scores) if score > 5
    ]


def test_an_nps_of_1_to_5_alone_is_refused_as_one_of_two_scales(tmp_path):
    with pytest.raises(UnreadableFile, match=r"'NPS' cannot be read.*scales are not mixed"):
        survey(scored(tmp_path, "NPS", FIVE * 2))


def test_an_nps_whose_groups_share_a_label_is_read(tmp_path):
    cells = ["10 - Very likely", "9 - Very likely", "6 - Unlikely", "2 - Unlikely"]
    file = write(tmp_path, "id,NPS\n" + "".join(f"{n},{cell}\n" for n, cell in enumerate(cells)))
    assert [answer.score for answer in answers_of(survey(file))] == [10, 9, 6, 2]


def test_effort_out_of_two_ends_is_named_per_row(tmp_path):
    cells = ["7/7", "4 out of 7", "5/5", "80%", "8", "6", "NA", "5 - Easy"]
    file = write(tmp_path, "id,How easy was it?,comment\n" + "".join(f"{n},{cell},x\n" for n, cell in enumerate(cells)))
    imported = survey(file, scale=(1, 7))
    assert [a.score for a in answers_of(imported) if a.measure is Measure.CES] == [7, 4, 6, 5]
    reasons = dict(rejected_of(survey(file, scale=(1, 7))))
    assert list(reasons) == [4, 5, 6]
    assert "out of 5 here and out of 7 elsewhere: scales are not mixed" in reasons[4]
    assert "percentage and no score: scales are not mixed" in reasons[5]
    assert "out of range: 1 to 7" in reasons[6]


def test_one_label_beside_two_scores_tells_two_scales(tmp_path):
    rows = ["7 - Very easy", "5 - Very easy", "1 - Very difficult", "6"]
    beside = [f"{n},{cell},words enough to be read,9\n" for n, cell in enumerate(rows)]
    imported = survey(write(tmp_path, "id,How easy was it?,comment,nps\n" + "".join(beside)))
    assert {answer.measure for answer in answers_of(imported)} == {Measure.NPS}
    assert any("'very easy' stands beside scores of two scales" in note for note in imported.notes)
    grouped = ["7 - Easy", "6 - Easy", "1 - Very difficult", "3"]
    file = write(tmp_path, "id,How easy was it?\n" + "".join(f"{n},{cell}\n" for n, cell in enumerate(grouped)))
    assert len(answers_of(survey(file))) == 4


ONE_OF_SEVEN = [[7, 7, 6, 7, 5, 7, 6, 3] * 8, [4, 5, 5, 6, 4, 3, 7] * 9, [1, 7, 7, 1, 2, 7] * 10, list(range(1, 8)) * 9]


@pytest.mark.parametrize("scores", ONE_OF_SEVEN)
def test_one_scale_of_seven_is_not_taken_for_two(tmp_path, scores):
    imported = survey(scored(tmp_path, "How easy was it?", scores))
    assert {(a.measure, a.scale_high) for a in answers_of(imported)} == {(Measure.CES, 7)}
    assert len(answers_of(survey(imported.table.path))) == len(scores)


@pytest.mark.parametrize("scores", [TEN, FIVE, [0, 1, 5, 2, 0, 3, 5, 6, 1, 10] * 6, list(range(11)) * 4, FIVE[:29]])
def test_one_scale_is_not_taken_for_two(tmp_path, scores):
    assert len(answers_of(survey(scored(tmp_path, "Satisfaction", scores)))) == len(scores)
