"""What was done about the errors of the judge, in words of the digest."""

from __future__ import annotations

from twelvefold.pipeline.digest.words import Words
from twelvefold.pipeline.weighing import Correction, Method


def correction_words(correction: Correction | None, words: Words) -> str:
    """Return how the balance is corrected, or why it is not, and what its interval is."""
    match correction and correction.method:
        case Method.LABELS:
            return words.ngettext(
                "corrected for the errors of the judge by {n} label that people gave, posterior interval; the curve "
                "of the weeks does without them",
                "corrected for the errors of the judge by {n} labels that people gave, posterior interval; the curve "
                "of the weeks does without them",
                correction.labels if correction else 0,
            )
        case Method.PROBABILITIES:
            return words.gettext(
                "corrected for the errors of the judge by the probabilities that it gives; profile-likelihood interval"
            )
        case Method.NOT_KEPT:
            return words.gettext(
                "not corrected for the errors of the judge until the next night has counted how likely each class is; "
                "Wilson interval"
            )
        case Method.NOT_CALIBRATED:
            return words.gettext(
                "not corrected for the errors of the judge, as it does not say for which shares of classes its "
                "probabilities hold; Wilson interval"
            )
        case _:
            return words.gettext("not corrected for the errors of the judge; Wilson interval")
