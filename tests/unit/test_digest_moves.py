"""The digest's lines for what moved against the week before: each figure that can be compared, in each language."""

from __future__ import annotations

from collections import Counter

import pytest

from twelvefold.pipeline.change_health import Compared, Incomparable, WeekChange
from twelvefold.pipeline.digest.moves import moved_sentences
from twelvefold.pipeline.digest.words import LOCALES, words
from twelvefold.pipeline.figures.change import mean_change, nps_change, share_change
from twelvefold.pipeline.figures.intervals import Estimate
from twelvefold.pipeline.week import Week

NOT_COMPARED = Compared(3, 4, None, Incomparable.TOO_FEW)
EFFORT = mean_change(Counter({4.0: 40}), Counter({5.0: 30, 4.0: 10}), 1, 7)
STARS = mean_change(Counter({5.0: 60, 4.0: 40}), Counter({2.0: 60, 4.0: 40}), 1, 5)
SCORES = nps_change((50, 25, 25), (53, 22, 25))
SHARES = share_change(Estimate(0.5, 0.4, 0.6, 100), Estimate(0.52, 0.42, 0.62, 100))
LOST = share_change(Estimate(0.02, 0.016, 0.025, 4000), Estimate(0.05, 0.044, 0.058, 4000))


def change(**compared: Compared) -> WeekChange:
    names = ("balance_week", "nps", "csat", "ces", "stars", "churn")
    return WeekChange(Week.parse("2026-W47"), **{name: compared.get(name, NOT_COMPARED) for name in names})


ALL = change(
    nps=Compared(100, 100, SCORES),
    csat=Compared(100, 100, SHARES),
    ces=Compared(40, 40, EFFORT),
    stars=Compared(100, 1200, STARS, of="mentions"),
    churn=Compared(4000, 4000, LOST, of="customers"),
)


@pytest.mark.parametrize("language", LOCALES)
def test_what_cannot_be_compared_goes_unsaid(language: str) -> None:
    assert moved_sentences(change(), words(language)) == ()
    assert len(moved_sentences(ALL, words(language))) == 5
    assert len(moved_sentences(change(stars=ALL.stars), words(language))) == 1


@pytest.mark.parametrize(
    ("language", "starts"),
    [
        (
            "en",
            (
                "Net promoter score (NPS): no change beyond noise, +3.0, 95% interval -",
                "Satisfaction (CSAT), in percentage points: no change beyond noise, +2.0, 95% interval -",
                "Effort (CES): up, +0.75, 95% interval 0.",
                "Stars: down, -1.80, 95% interval -",
                "Churn, in percentage points: up, +3.0, 95% interval 2.",
            ),
        ),
        (
            "fr",
            (
                "Net promoter score (NPS) : aucun changement au-delà du hasard, +3,0, intervalle à 95 % de -",
                "Satisfaction (CSAT), en points de pourcentage : aucun changement au-delà du hasard, +2,0, intervalle",
                "Effort (CES) : en hausse, +0,75, intervalle à 95 % de 0,",
                "Étoiles : en baisse, -1,80, intervalle à 95 % de -",
                "Attrition, en points de pourcentage : en hausse, +3,0, intervalle à 95 % de 2,",
            ),
        ),
        (
            "zh-Hant",
            (
                "淨推薦值（NPS）：變化未超出隨機波動，+3.0，95% 區間 -",
                "滿意度（CSAT，百分點）：變化未超出隨機波動，+2.0，95% 區間 -",
                "費力度（CES）：上升，+0.75，95% 區間 0.",
                "星等：下降，-1.80，95% 區間 -",
                "流失率（百分點）：上升，+3.0，95% 區間 2.",
            ),
        ),
    ],
)
def test_each_figure_has_its_verdict_difference_and_interval(language: str, starts: tuple[str, ...]) -> None:
    said = [
        sentence.replace("\u00a0", " ").replace("\u202f", " ") for sentence in moved_sentences(ALL, words(language))
    ]
    for sentence, start in zip(said, starts, strict=True):
        assert sentence.startswith(start), sentence
    assert "1,200" in said[3] or "1 200" in said[3]
