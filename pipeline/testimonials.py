"""Praise worth quoting: shown without what names a person, its permission kept with an audit trail."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from twelvefold.config import Brand
from twelvefold.storage.repository import Work
from twelvefold.storage.testimonials import Permission, Testimonial

MASK = "…"
# What leads to a person: e-mail and web addresses, handles, and numbers as long as a telephone's or an order's.
_PERSONAL = re.compile(
    r"\S+@\S+\.\w+|(?:https?://|www\.)\S+|(?<!\w)@\w{2,}|\+?\d(?:[\s().\-/]{0,2}\d){5,}", re.IGNORECASE
)


def praise_document(
    work: Work, brand: Brand, brand_id: int, model: str, state: Permission | None, limit: int
) -> dict[str, Any]:
    """Return the short list as a JSON document."""
    return _document(brand, work.testimonials.find(brand_id, model, state, limit), [])


def take_step(
    work: Work, brand: Brand, brand_id: int, model: str, key: str, to: Permission, actor: str, at: datetime, note: str
) -> dict[str, Any]:
    """Change a permission; return the testimonial with its audit trail as a JSON document.

    Raises:
        UnknownName: The brand has no such testimonial.
        ForbiddenStep: Its state does not allow that.
    """
    now = work.testimonials.step(brand_id, model, key, to, actor, at, note)
    history = [
        {"at": event.at.isoformat(), "actor": event.actor, "action": event.action, "note": event.note}
        for event in work.testimonials.history(brand_id, key)
    ]
    return _document(brand, [now], history)


def _document(brand: Brand, found: Sequence[Testimonial], history: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "schema": "twelvefold/testimonials/1",
        "brand": brand.name,
        "testimonials": [_shown(one) for one in found],
        "history": history,
    }


def _shown(one: Testimonial) -> dict[str, Any]:
    return {
        "testimonial": one.key,
        "text": without_personal(one.text),
        "source": one.source,
        "language": one.language,
        "local_date": one.local_date.isoformat() if one.local_date else None,
        "stars": one.stars,
        "score": one.score,
        "confidence": one.confidence,
        "permission": one.state.value,
        "changed_at": one.changed_at.isoformat() if one.changed_at else None,
    }


def without_personal(text: str) -> str:
    """Return a text with addresses, handles and long numbers masked; names in running text cannot be known."""
    return _PERSONAL.sub(MASK, text)
