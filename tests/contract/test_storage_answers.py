"""Kept answers: there until anything changes, never waited for, never in the way."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from twelvefold.storage import answers
from twelvefold.storage.answers import pack
from twelvefold.storage.engine import Database, open_database


def change(database: Database) -> int:
    with database.read() as work:
        return work.answers.change()


def found(database: Database, question: str = "q") -> dict[str, Any] | None:
    with database.read() as work:
        return work.answers.find(question)


def keep(database: Database, question: str = "q", document: dict[str, Any] | None = None) -> bool:
    return database.keep_answer(question, change(database), document or {"kept": question})


def kept_bytes(database: Database, packed: bytes) -> None:
    """Put bytes in the place of a kept answer, past all care."""
    engine = create_engine(database._engine.url)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM kept_answers"))
        connection.execute(text("INSERT INTO kept_answers (question, document) VALUES ('q', :it)"), {"it": packed})
    engine.dispose()


class TestChanges:
    def test_an_answer_is_there_until_anything_is_written(self, acme: Any) -> None:
        assert found(acme.database) is None
        assert keep(acme.database)
        assert keep(acme.database, "other")
        assert [found(acme.database, question) for question in ("q", "other")] == [{"kept": "q"}, {"kept": "other"}]
        acme.save(acme.mention("a"))
        assert [found(acme.database, question) for question in ("q", "other")] == [None, None]

    def test_a_transaction_that_writes_nothing_changes_nothing(self, acme: Any) -> None:
        keep(acme.database)
        before = change(acme.database)
        with acme.database.begin() as work:
            assert work.brands.ensure("Acme", "Europe/Paris") == acme.brand
        with pytest.raises(ZeroDivisionError), acme.database.begin() as work:
            work.brands.ensure("Beta", "UTC")
            raise ZeroDivisionError
        assert change(acme.database) == before
        assert found(acme.database) == {"kept": "q"}

    def test_keeping_is_no_change(self, acme: Any) -> None:
        before = change(acme.database)
        assert keep(acme.database)
        assert change(acme.database) == before

    def test_what_is_kept_holds_for_the_state_that_a_reader_sees(self, acme: Any) -> None:
        keep(acme.database)
        with acme.database.read() as before:
            seen = before.answers.change()
            acme.save(acme.mention("a"))
            assert before.answers.find("q") == {"kept": "q"}
            assert before.answers.change() == seen == change(acme.database) - 1

    def test_what_was_computed_before_a_change_is_not_kept(self, acme: Any) -> None:
        before = change(acme.database)
        acme.save(acme.mention("a"))
        assert not acme.database.keep_answer("q", before, {})
        assert found(acme.database) is None

    def test_another_process_that_writes_drops_what_this_one_keeps(self, database_url: str) -> None:
        database = open_database(database_url)
        keep(database)
        done = subprocess.run([sys.executable, "-c", WRITE, database_url], capture_output=True, timeout=60, check=True)
        assert done.stdout == b"{'kept': 'q'}\n"
        assert found(database) is None
        database.close()


WRITE = """
import sys
from twelvefold.storage.engine import open_database
database = open_database(sys.argv[1])
with database.read() as work:
    print(work.answers.find("q"))
with database.begin() as work:
    work.brands.ensure("Beta", "UTC")
"""


class TestKeeping:
    def test_what_comes_out_is_what_went_in_to_the_last_digit(self, database: Database) -> None:
        document = {"words": "十二", "floats": [5e-324, 1.7976931348623157e308, -0.0, 0.1 + 0.2], "b": [None], "a": {}}
        keep(database, document=document)
        assert json.dumps(found(database)) == json.dumps(document)

    @settings(max_examples=50)
    @given(st.lists(st.floats(allow_nan=False) | st.integers(-(2**70), 2**70) | st.text(st.characters(codec="utf-8"))))
    def test_every_value_comes_out_as_it_went_in(self, values: list[Any]) -> None:
        document = {"values": values}
        assert json.dumps(answers._unpacked(pack(document))) == json.dumps(document)

    def test_nobody_waits_for_it_while_another_writes(self, database_url: str) -> None:
        # Who waited here for the writer would wait for ever.
        database = open_database(database_url, busy_timeout_s=100_000)
        seen = change(database)
        with database.begin() as writer:
            writer.brands.ensure("Beta", "UTC")
            assert not database.keep_answer("q", seen, {"kept": "q"})
            beside = open_database(database_url, busy_timeout_s=100_000)
            assert found(beside) is None
            beside.close()
        assert found(database) is None
        assert keep(database)
        database.close()

    def test_only_so_many_are_kept(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(answers, "MOST_ANSWERS", 2)
        assert [keep(database, question) for question in ("a", "b", "c", "a")] == [True, True, False, True]
        assert [found(database, question) is not None for question in ("a", "b", "c")] == [True, True, False]

    def test_only_so_much_is_kept(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(answers, "MOST_BYTES", 60)
        assert [keep(database, question) for question in ("a", "b", "c", "a")] == [True, True, False, True]

    def test_a_database_that_cannot_be_written_is_read_all_the_same(self, database: Database) -> None:
        engine = create_engine(database._engine.url)
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE kept_answers RENAME TO elsewhere"))
        try:
            assert not keep(database)
        finally:
            with engine.begin() as connection:
                connection.execute(text("ALTER TABLE elsewhere RENAME TO kept_answers"))
            engine.dispose()

    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
    def test_a_full_disk_is_no_failure(self, database_url: str, database: Database) -> None:
        engine = create_engine(database_url)
        with engine.begin() as connection:
            full = "SELECT RAISE(FAIL, 'database or disk is full')"
            connection.execute(text(f"CREATE TRIGGER full BEFORE INSERT ON kept_answers BEGIN {full}; END"))
        engine.dispose()
        assert not keep(database)
        assert found(database) is None


class TestDamage:
    @pytest.mark.parametrize(
        "packed",
        [
            b"",
            b"what is this",
            pack({"kept": "q"})[:-1],
            pack({"kept": "q"})[:-4] + bytes(4),
            zlib.compress(b"{"),
            zlib.compress(b"[1, 2]"),
            zlib.compress(b"\xff\xfe"),
            zlib.compress(b"[" * 1_000_000),
            zlib.compress(b'{"kept": "q"}' + b" " * answers.LONGEST_ANSWER),
        ],
        ids=["nothing", "no-zlib", "cut", "sum", "no-json", "a-list", "no-text", "deep", "endless"],
    )
    def test_a_damaged_answer_is_none_and_gives_way(self, database: Database, packed: bytes) -> None:
        kept_bytes(database, packed)
        assert found(database) is None
        assert keep(database)
        assert found(database) == {"kept": "q"}


# Kills itself when the answer is written and nothing is committed.
KILLED = """
import os, signal, sys
from twelvefold.storage.answers import Answers
from twelvefold.storage.engine import open_database
keep = Answers.keep
def keep_and_die(self, question, packed):
    keep(self, question, packed)
    os.kill(os.getpid(), signal.SIGKILL)
Answers.keep = keep_and_die
open_database(sys.argv[1]).keep_answer("q", int(sys.argv[2]), {"kept": "q"})
"""


def test_keeping_that_is_killed_leaves_nothing(database_url: str) -> None:
    database = open_database(database_url)
    arguments = [sys.executable, "-c", KILLED, database_url, str(change(database))]
    assert subprocess.run(arguments, timeout=60, check=False).returncode == -signal.SIGKILL
    assert found(database) is None
    assert keep(database)
    database.close()
