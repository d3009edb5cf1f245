"""Jinja templates of the digest."""
