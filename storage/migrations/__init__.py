"""Alembic migrations, run when a database is opened."""

HEAD = "0007"
