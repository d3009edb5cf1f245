"""The weekly digest: built, rendered, sent."""
