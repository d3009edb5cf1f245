"""Sample sites, and the loopback server that serves them for `twelvefold demo`."""

from datetime import UTC, datetime

# The sample reviews are dated, so the demo's night is always that of the Monday after them.
DEMO_NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
