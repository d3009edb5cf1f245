"""Alembic migrations, run when a database is opened."""

HEAD = "0011"
COUNTED_SINCE = "0011"
"""A database with an older schema holds mentions that its tables of counts do not know: they are counted anew."""
