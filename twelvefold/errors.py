"""Every error that Twelvefold raises on purpose.

    TwelvefoldError
    |- CallerMistake            the person must change something; exit code 2
    |  |- ConfigError           a key of config.yaml
    |  |- UnreadableFile        a file that was named and cannot be read as what it should be
    |  |- UnknownName           a brand, source, case or week that does not exist
    |  |- ForbiddenStep         a step that the state does not allow (resolving what is resolved)
    |  `- RefusedDelivery       live answers whose signature or body is wrong
    |- StorageUnavailable       the database did not answer in time, or is locked   (transient)
    |- SchemaMismatch           the database is newer than this program
    |- LeaseLost                another process took this night over                (transient)
    |- NightBusy                another living process runs this night              (transient)
    `- ModelUnusable            weights missing, corrupt, or failing their self-test

A message says what happened, with which value, and what to do. Nothing else of
these may reach a person: foreign exceptions are translated where they cross a
folder's border (`raise ... from exc`).
"""

from __future__ import annotations


class TwelvefoldError(Exception):
    """The root: `except TwelvefoldError` catches all that we raise on purpose.

    Attributes:
        transient: Trying again later may help without anybody changing anything.
    """

    transient = False


class CallerMistake(TwelvefoldError):
    """The caller must change an option, a configuration key or a file."""


class ConfigError(CallerMistake):
    """A key of the configuration is unknown, missing or has a value that cannot be used."""


class UnreadableFile(CallerMistake):
    """A file that was named does not exist or is not what it should be."""


class UnknownName(CallerMistake):
    """A brand, source, case, mention or week that does not exist was named."""


class ForbiddenStep(CallerMistake):
    """The state of a thing does not allow this step."""


class RefusedDelivery(CallerMistake):
    """Live answers came whose signature is wrong or old, or whose body cannot be read."""


class StorageUnavailable(TwelvefoldError):
    """The database did not answer within its timeout, or another process holds its lock."""

    transient = True


class SchemaMismatch(TwelvefoldError):
    """The database was written by a newer Twelvefold."""


class LeaseLost(TwelvefoldError):
    """Another process has taken this night over, so this one must stop writing."""

    transient = True


class NightBusy(TwelvefoldError):
    """Another living process is running this night."""

    transient = True


class ModelUnusable(TwelvefoldError):
    """The model's files are missing or corrupt, or it fails its self-test."""
