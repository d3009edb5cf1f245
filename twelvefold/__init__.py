"""Twelvefold listens to what customers say, judges it, and weighs it by the twelvefold rule."""

__version__ = "0.1.0"
