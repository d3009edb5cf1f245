from hypothesis import given
from hypothesis import strategies as st

from twelvefold.models.sentences import LONGEST, SentenceEnds

PIECES = ["▁Good", "▁kettle", ".", "▁It", "▁holds", "▁3", "5", "▁litres", "。", "很好", "!", "▁Ok", ",", "word"]
ENDS = SentenceEnds({piece: number for number, piece in enumerate(PIECES)})


def spans(*pieces):
    return ENDS.spans([PIECES.index(piece) for piece in pieces])


def test_a_full_stop_ends_a_sentence_only_before_a_space():
    assert spans("▁Good", "▁kettle", ".", "▁It", "▁holds", "▁3", ".", "5", "▁litres") == [(0, 3), (3, 9)]


def test_chinese_stops_and_exclamation_marks_end_sentences_without_a_space():
    assert spans("很好", "很好", "。", "很好", "很好", "!", "很好", "很好", "很好") == [(0, 3), (3, 6), (6, 9)]


def test_a_very_short_sentence_goes_with_its_neighbour():
    assert spans("▁Ok", ".", "▁It", "▁holds", ".", "▁Ok") == [(0, 6)]


def test_a_text_without_full_stops_is_cut_at_commas():
    pieces = ["word"] * LONGEST + [","] + ["word"] * 5
    assert spans(*pieces) == [(0, LONGEST + 1), (LONGEST + 1, LONGEST + 6)]


@given(st.lists(st.integers(0, len(PIECES) + 3), max_size=300))
def test_sentences_cover_the_text_without_overlap(ids):
    found = ENDS.spans(ids)
    assert [at for start, end in found for at in range(start, end)] == list(range(len(ids)))
