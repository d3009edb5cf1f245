"""Gettext catalogues of the digest."""
