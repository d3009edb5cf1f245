"""What every command shares: its options, its project, its progress bars, its output."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from tqdm import tqdm

    from twelvefold.config import Brand, Configuration
    from twelvefold.storage.engine import Database

config_option = click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Configuration file; default: config.yaml here, else the packaged one.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
actor_option = click.option("--as", "actor", default=getpass.getuser, help="Who does it; default: the account's name.")
brand_option = click.option("--brand", help="One brand of the configuration; default: all.")


@dataclass(frozen=True)
class Project:
    """A configuration and its open database."""

    configuration: Configuration
    database: Database

    def brands(self, name: str | None) -> tuple[Brand, ...]:
        """Return the brand called `name`, or all.

        Raises:
            UnknownName: No brand is called so.
        """
        return (self.configuration.brand(name),) if name else self.configuration.brands

    def one_brand(self, name: str | None) -> Brand:
        """Return the brand called `name`, or the only one.

        Raises:
            UnknownName: No brand is called so, or none was named and there are several.
        """
        from twelvefold.errors import UnknownName

        brands = self.brands(name)
        if len(brands) > 1:
            raise UnknownName(
                f"several brands are configured; pick one with --brand: {', '.join(b.name for b in brands)}"
            )
        return brands[0]


def read_configuration(config_file: Path | None) -> Configuration:
    """Read and check the configuration, the keys of every source included.

    Raises:
        ConfigError: One sentence that names the key and the mend.
    """
    from twelvefold.config import load_configuration
    from twelvefold.crawlers.source import check_options

    configuration = load_configuration(config_file)
    for number, brand in enumerate(configuration.brands):
        for place, source in enumerate(brand.sources):
            check_options(source, f"brands.{number}.sources.{place}", configuration.folder)
    return configuration


@contextmanager
def open_project(config_file: Path | None) -> Iterator[Project]:
    """Yield the configured project; its database is closed afterwards.

    Raises:
        ConfigError: The configuration cannot be used.
        StorageUnavailable: The database cannot be opened.
    """
    from twelvefold.storage.engine import open_database

    configuration = read_configuration(config_file)
    with steps_bar("counting anew after the upgrade") as tell:
        database = open_database(configuration.database_url(), counting=tell)
    try:
        yield Project(configuration, database)
    finally:
        database.close()


def emit(document: dict[str, Any], as_json: bool, text: Callable[[], str]) -> None:
    """Print the JSON document, or else what `text` makes of it for a person."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2) if as_json else text().rstrip("\n"))


def gather(name: str, documents: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the only document, or several brands' documents as one."""
    return documents[0] if len(documents) == 1 else {"schema": f"twelvefold/{name}/1", "brands": list(documents)}


@contextmanager
def counter(label: str, unit: str) -> Iterator[Callable[[int], None]]:
    """Yield a function that takes the running count; a bar at a terminal, nothing elsewhere."""
    from tqdm import tqdm

    with tqdm(desc=label, unit=unit, disable=not sys.stderr.isatty(), leave=False) as bar:

        def tell(count: int) -> None:
            bar.update(count - bar.n)

        yield tell


@contextmanager
def steps_bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a function that takes the steps done and how many there are; a bar at a terminal once it is called."""
    bar: tqdm[NoReturn] | None = None

    def tell(done: int, steps: int) -> None:
        nonlocal bar
        if bar is None:
            from tqdm import tqdm

            bar = tqdm(desc=label, total=steps, unit=" steps", disable=not sys.stderr.isatty(), leave=False)
        bar.update(done - bar.n)

    try:
        yield tell
    finally:
        if bar is not None:
            bar.close()
