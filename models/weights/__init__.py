"""The model that ships, its card and its licence notice."""
