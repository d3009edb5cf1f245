"""Opening: the schema, the messages, one writer at a time, and nothing lost by kill -9."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect

from twelvefold.errors import ConfigError, SchemaMismatch, StorageUnavailable, TwelvefoldError, UnreadableFile
from twelvefold.storage.engine import Database, locate_url, open_database, parse_url
from twelvefold.storage.migrate import SCRIPTS
from twelvefold.storage.migrations import HEAD
from twelvefold.storage.tables import Base

OPEN = "import sys; from twelvefold.storage.engine import open_database; open_database(sys.argv[1]).close()"


def said(error: TwelvefoldError) -> str:
    """Return the error's message, after checking that it is one sentence on one line."""
    message = str(error)
    assert message
    assert "\n" not in message
    assert "Traceback" not in message
    return message


class TestSchema:
    def test_the_migrations_build_what_the_tables_say(self, database_url: str) -> None:
        engine = create_engine(database_url)
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, Base.metadata) == []
        engine.dispose()

    def test_the_head_is_the_newest_migration(self) -> None:
        config = Config()
        config.set_main_option("script_location", SCRIPTS)
        assert ScriptDirectory.from_config(config).get_current_head() == HEAD

    def test_opening_again_changes_nothing(self, empty_url: str) -> None:
        for _ in range(2):
            database = open_database(empty_url)
            with database.begin() as work:
                assert work.brands.ensure("Acme", "UTC") == 1
            database.close()

    def test_processes_that_open_a_fresh_database_at_once_all_succeed(self, empty_url: str) -> None:
        started = [
            subprocess.Popen([sys.executable, "-c", OPEN, empty_url], stderr=subprocess.PIPE, text=True)
            for _ in range(3)
        ]
        ended = [(process.communicate(timeout=120)[1], process.returncode) for process in started]
        assert ended == [("", 0)] * 3

    def test_a_migration_killed_half_way_leaves_nothing_behind(self, empty_url: str) -> None:
        killed = subprocess.run([sys.executable, "-c", KILLED_MIGRATION, empty_url], timeout=60, check=False)
        assert killed.returncode == -signal.SIGKILL
        engine = create_engine(empty_url)
        assert inspect(engine).get_table_names() == []
        engine.dispose()
        open_database(empty_url).close()

    def test_a_newer_schema_is_refused(self, database_url: str) -> None:
        engine = create_engine(database_url)
        with engine.begin() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        with pytest.raises(SchemaMismatch, match=r"9999.*upgrade Twelvefold") as caught:
            open_database(database_url)
        said(caught.value)
        with engine.begin() as connection:
            connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{HEAD}'")
        engine.dispose()

    def test_another_program_s_database_is_left_alone(self, empty_url: str) -> None:
        engine = create_engine(empty_url)
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE invoices (id INTEGER)")
        with pytest.raises(UnreadableFile, match="'invoices'"):
            open_database(empty_url)
        assert inspect(engine).get_table_names() == ["invoices"]
        engine.dispose()


# Kills itself when half of the tables are there and nothing is committed.
KILLED_MIGRATION = """
import os, signal, sys
from alembic.operations import Operations
made, create = [], Operations.create_table
def create_or_die(self, *arguments, **options):
    made.append(create(self, *arguments, **options))
    if len(made) == 10:
        os.kill(os.getpid(), signal.SIGKILL)
    return made[-1]
Operations.create_table = create_or_die
from twelvefold.storage.engine import open_database
open_database(sys.argv[1])
"""


class TestUrls:
    @pytest.mark.parametrize(
        ("url", "expected"),
        [
            ("nonsense", "is not a database URL"),
            ("mysql://user:secret@host/name", "'mysql' is not a kind of database"),
            ("sqlite://", "names no file"),
            ("sqlite:///:memory:", "names no file"),
            ("postgresql://user:secret@host:port/name", "is not a database URL"),
        ],
    )
    def test_what_cannot_be_used_is_said(self, url: str, expected: str) -> None:
        with pytest.raises(ConfigError, match=expected) as caught:
            open_database(url)
        assert "sqlite:///FILE" in said(caught.value)
        assert "secret" not in str(caught.value)

    @pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
    def test_postgresql_is_driven_by_psycopg(self, scheme: str) -> None:
        assert parse_url(f"{scheme}://host/name").drivername == "postgresql+psycopg"

    def test_a_relative_file_lies_beside_the_configuration(self, tmp_path: Path) -> None:
        assert locate_url("sqlite:///data/a.db", tmp_path) == f"sqlite:///{tmp_path}/data/a.db"
        assert locate_url("sqlite:////var/a.db", tmp_path) == "sqlite:////var/a.db"
        assert locate_url("postgresql://u:p@host/n", tmp_path) == "postgresql+psycopg://u:p@host/n"

    def test_the_folder_is_made(self, tmp_path: Path) -> None:
        open_database(f"sqlite:///{tmp_path}/some/where/a.db").close()
        assert (tmp_path / "some/where/a.db").is_file()


class TestFailures:
    def test_a_locked_file_is_named_with_the_mend(self, tmp_path: Path) -> None:
        file = tmp_path / "a.db"
        database = open_database(f"sqlite:///{file}", busy_timeout_s=0.2)
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageUnavailable, match="is locked by another process") as caught, database.begin():
            pass
        assert str(file) in said(caught.value)
        assert caught.value.transient
        with database.read() as work:
            assert work.brands.names() == []
        open_database(f"sqlite:///{file}", busy_timeout_s=0.2).close()
        other.execute("UPDATE alembic_version SET version_num = '0001'")
        other.execute("COMMIT")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageUnavailable, match="is locked by another process"):
            open_database(f"sqlite:///{file}", busy_timeout_s=0.2)
        other.close()
        database.close()

    def test_a_locked_server_is_named_with_the_mend(self, postgres_url: str) -> None:
        database = open_database(postgres_url, busy_timeout_s=0.2)
        with (
            database.begin(),
            pytest.raises(StorageUnavailable, match="is locked by another process") as caught,
            database.begin(),
        ):
            pass
        said(caught.value)
        database.close()

    def test_a_file_that_is_no_database_is_refused_and_kept(self, tmp_path: Path) -> None:
        file = tmp_path / "notes.db"
        file.write_bytes(b"These are my notes. " * 100)
        with pytest.raises(UnreadableFile, match="not a SQLite database") as caught:
            open_database(f"sqlite:///{file}")
        assert str(file) in said(caught.value)
        assert file.read_bytes() == b"These are my notes. " * 100

    def test_a_damaged_database_is_refused(self, sqlite_template: Path, tmp_path: Path) -> None:
        file = tmp_path / "damaged.db"
        content = bytearray(sqlite_template.read_bytes())
        content[100:8192] = os.urandom(8092)
        file.write_bytes(content)
        with pytest.raises(UnreadableFile, match="damaged") as caught:
            open_database(f"sqlite:///{file}")
        said(caught.value)

    def test_a_place_that_cannot_be_written_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("in the way")
        with pytest.raises(UnreadableFile, match="cannot make the folder"):
            open_database(f"sqlite:///{tmp_path}/file/a.db")
        (tmp_path / "folder.db").mkdir()
        with pytest.raises(UnreadableFile, match=r"cannot write the database .*folder\.db"):
            open_database(f"sqlite:///{tmp_path}/folder.db")

    def test_a_server_that_does_not_answer_is_named_without_its_password(self) -> None:
        with pytest.raises(StorageUnavailable, match=r"127\.0\.0\.1:1/name") as caught:
            open_database("postgresql://reader:hunter2secret@127.0.0.1:1/name")
        assert "hunter2secret" not in said(caught.value)

    def test_a_mistake_inside_is_translated_and_undone(self, database: Database) -> None:
        with pytest.raises(StorageUnavailable) as caught, database.begin() as work:
            work.brands.ensure("Acme", "UTC")
            work.brands.ensure_source(99, "shop", "schema_org")
        said(caught.value)
        with database.read() as work:
            assert work.brands.names() == []

    def test_the_password_is_not_shown(self) -> None:
        database = Database(create_engine("postgresql+psycopg://reader:hunter2secret@host/name"))
        assert database.url == "postgresql+psycopg://reader:***@host/name"


class TestTransactions:
    def test_one_writer_at_a_time_and_no_reader_waits(self, acme: Any) -> None:
        order: list[str] = []
        inside, leave = threading.Event(), threading.Event()

        def write() -> None:
            with acme.database.begin() as work:
                work.brands.ensure("First", "UTC")
                inside.set()
                leave.wait(10)
                order.append("first")

        def write_after() -> None:
            with acme.database.begin() as work:
                order.append("second")
                work.brands.ensure("Second", "UTC")

        threads = [threading.Thread(target=write)]
        threads[0].start()
        assert inside.wait(10)
        threads.append(threading.Thread(target=write_after))
        threads[1].start()
        with acme.database.read() as work:
            assert work.brands.names() == ["Acme"]
        time.sleep(0.2)
        leave.set()
        for thread in threads:
            thread.join(10)
        assert order == ["first", "second"]

    def test_a_reader_sees_one_state(self, acme: Any) -> None:
        with acme.database.read() as reading:
            assert reading.brands.names() == ["Acme"]
            with acme.database.begin() as writing:
                writing.brands.ensure("Other", "UTC")
            assert reading.brands.names() == ["Acme"]

    def test_a_reader_cannot_write(self, acme: Any) -> None:
        with pytest.raises(TwelvefoldError, match=r"read-?only"), acme.database.read() as work:
            work.brands.ensure("Other", "UTC")
        with acme.database.begin() as work:
            assert work.brands.names() == ["Acme"]
            assert work.brands.ensure("Other", "UTC") > acme.brand


# Saves pages of ten mentions, each judged in the same transaction, until it is killed.
WRITER = """
import sys
from datetime import UTC, datetime
from zoneinfo import ZoneInfo
from twelvefold.records import Judgement, Mention, Sentiment
from twelvefold.storage.engine import open_database
database = open_database(sys.argv[1])
at = datetime(2026, 11, 22, tzinfo=UTC)
print("ready", flush=True)
for page in range(100_000):
    hashes = [f"{page}-{number}" for number in range(10)]
    mentions = [Mention("shop", "files", key, "", key, key, key, at) for key in hashes]
    with database.begin() as work:
        brand = work.brands.ensure("Acme", "UTC")
        work.mentions.save(brand, mentions, zone=ZoneInfo("UTC"))
        work.judgements.save([Judgement(key, "reader/1", Sentiment.NEGATIVE, 0.8, 0.1, 0.1, 0.8) for key in hashes])
        work.cases.open_for_negatives(brand, "reader/1", at)
"""


@pytest.mark.parametrize("delay_s", [0.05, 0.2, 0.5])
def test_a_killed_writer_leaves_whole_pages(database_url: str, delay_s: float) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, database_url], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    assert writer.stdout.readline() == b"ready\n"
    time.sleep(delay_s)
    writer.kill()
    writer.wait()
    writer.stdout.close()
    database = open_database(database_url)
    with database.begin() as work:
        brand = work.brands.ensure("Acme", "UTC")
        stored = work.mentions.count(brand)
        assert stored % 10 == 0
        assert sum(row.n for row in work.rollups.daily(brand, "reader/1")) == stored
        assert work.rollups.check(brand, "reader/1") == []
        assert len(work.cases.find(brand, limit=10**6)) == stored
    database.close()


def test_a_copy_of_the_closed_file_is_a_database(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'a.db'}")
    with database.begin() as work:
        work.brands.ensure("Acme", "UTC")
    database.close()
    shutil.copyfile(tmp_path / "a.db", tmp_path / "copy.db")
    copy = open_database(f"sqlite:///{tmp_path / 'copy.db'}")
    with copy.read() as work:
        assert work.brands.names() == ["Acme"]
    copy.close()
