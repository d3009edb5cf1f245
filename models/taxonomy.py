"""What the judge tells apart besides sentiment: aspects of a customer's experience, and kinds of urgency.

The ids are stable: they stand in databases, exports and configuration. A sub-id follows its parent after a dot.
"""

from __future__ import annotations

ASPECTS = (
    "product_quality",
    "price_value",
    "delivery",
    "staff_service",
    "support",
    "ease",
    "place",
    "place.findability",
    "place.technology",
    "website_app",
    "loyalty_programme",
    "other",
)
"""In the order of the aspect head's rows. `place` is the shop, room or hall itself: how it looks, feels and is kept;
`place.findability` where it lies and how things are found in it; `place.technology` screens, networks, self-service
tills and the like in it. `support` is help after the purchase and how complaints are handled; `staff_service` the
people met on the way to it. `delivery` is that what was promised comes, in time and whole."""

ASPECT_STATES = ("absent", "negative", "neutral", "positive")
"""What the aspect head says of each aspect, in the order of its columns."""

URGENCIES = ("leaving", "safety", "legal", "money")
"""A threat to leave, a danger to health or property, a threat of law or authorities, money that is owed or lost."""
