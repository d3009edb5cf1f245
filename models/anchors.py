"""Sentences that every usable model judges as a person would: the self-test."""

from __future__ import annotations

from dataclasses import dataclass

from twelvefold.records import Sentiment


@dataclass(frozen=True)
class Anchor:
    """A sentence whose class is beyond doubt."""

    text: str
    language: str
    label: Sentiment


ANCHORS = (
    Anchor("Service catastrophique, colis jamais reçu, je suis furieux", "fr", Sentiment.NEGATIVE),
    Anchor("客服態度極差，等了兩個星期都沒人回覆", "zh-Hant", Sentiment.NEGATIVE),
    Anchor("Great product but the battery died after two days and nobody answers my emails", "en", Sentiment.NEGATIVE),
    Anchor("质量太差了，用了一天就坏了，申请退款也没人理", "zh-Hans", Sentiment.NEGATIVE),
    Anchor("The parcel arrived on Tuesday.", "en", Sentiment.NEUTRAL),
    Anchor("Excellent quality, fast delivery, I am very happy with it", "en", Sentiment.POSITIVE),
    Anchor("Très satisfaite, livraison rapide et produit de très bonne qualité", "fr", Sentiment.POSITIVE),
    Anchor("服務非常好，東西很好吃，下次一定會再來", "zh-Hant", Sentiment.POSITIVE),
    Anchor("质量很好，物流也快，非常满意，会再来买", "zh-Hans", Sentiment.POSITIVE),
)
