"""What is Postgres' own in the queue: tables made once, whose they are, what broken connections do."""

import multiprocessing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pooler
import pytest
from postgres_server import administrator, drop_schema, new_schema
from support import wait_until

from drawscape import errors
from drawscape.job_manager import enqueue_background_job, workers_alive
from drawscape.queue.engines.engine import Database, ValueRefused
from drawscape.queue.engines.postgres import preparation, session
from drawscape.queue.engines.sqlite.connection import Database as File
from drawscape.queue.engines.target import open_database
from drawscape.queue.key import key_of
from drawscape.queue.postgres_huey import JobPostgresHuey
from drawscape.queue.table.claims import acknowledge, claim
from drawscape.queue.table.records import Outcome

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


@pytest.fixture
def url(postgres_url: str):
    """A schema of the test's own."""
    made = new_schema(postgres_url)
    yield made
    drop_schema(made)


@pytest.fixture
def database(url: str, tmp_path: Path) -> Database:
    return open_database(url, tmp_path)


def columns_of_postgres(database: Database) -> set[str]:
    rows = database.connection.execute(
        "select table_name, column_name from information_schema.columns "
        "where table_schema = current_schema() and table_name like 'job%'"
    ).fetchall()
    return {f"{table}.{column}" for table, column in rows}


def test_both_engines_have_the_same_columns(database: Database, tmp_path: Path):
    file = File(tmp_path / "queue.db")
    connection = file.connection
    tables = connection.execute(
        "select name from sqlite_master where type = 'table' and name like 'job%'"
    )
    ours = {
        f"{table}.{row[1]}"
        for (table,) in tables.fetchall()
        for row in connection.execute(f"pragma table_info({table})")
    }
    own = ("job_worker.", "job_log.", "job_preview.")
    theirs = {name for name in columns_of_postgres(database) if not name.startswith(own)}
    assert theirs - ours == {"job.awaited"}
    assert ours - theirs == set()


LATER = ("alter table job_pause add column until float8", "create table job_later (id bigint)")
"""A migration as a later version may have it."""


def opened_by_eight(url: str, folder: Path, note: str) -> None:
    """Let eight processes open the tables at one moment, and leave a note each."""
    fork = multiprocessing.get_context("fork")
    start = fork.Barrier(8)

    def leave(number: int) -> None:
        one = open_database(url, folder)
        start.wait(60)
        one.connection.execute(
            "insert into job_note (name, value) values (?, 'x')", (f"{note} {number}",)
        )

    # The interpreter waits for its processes at its end, and ends only the daemons among them.
    processes = [fork.Process(target=leave, args=(number,), daemon=True) for number in range(8)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0] * 8


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
def test_eight_processes_that_start_at_once_make_the_tables_once_and_migrate_them_once(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    opened_by_eight(url, tmp_path, "first")
    with monkeypatch.context() as patch:
        patch.setattr(preparation, "MIGRATIONS", (*preparation.MIGRATIONS, LATER))
        opened_by_eight(url, tmp_path, "later")
        database = open_database(url, tmp_path)
        notes = database.connection.execute("select name from job_note").fetchall()
        assert {name for (name,) in notes} >= {
            f"{note} {number}" for note in ("first", "later") for number in range(8)
        }
        assert database.connection.execute("select until from job_pause").fetchall() == []
    known = len(preparation.MIGRATIONS)
    refusal = f"newer Drawscape .table version {known + 1}, this one knows {known}"
    with pytest.raises(errors.QueueError, match=refusal):
        open_database(url, tmp_path).connection  # noqa: B018 - opens it


@pytest.mark.parametrize("version", range(1, len(preparation.MIGRATIONS)))
def test_tables_of_each_earlier_version_become_those_of_this_one(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: int
):
    def indexes() -> dict[str, str]:
        connection = open_database(url, tmp_path).connection
        where = "from pg_indexes where schemaname = current_schema()"
        return dict(
            connection.execute(
                f"select indexname, replace(indexdef, current_schema(), '') {where}"
            ).fetchall()
        )

    with monkeypatch.context() as patch:
        patch.setattr(preparation, "MIGRATIONS", preparation.MIGRATIONS[:version])
        before = indexes()
    after = indexes()
    with administrator(url) as connection:
        schema = connection.execute("select current_schema()").fetchone()[0]
        connection.execute(f"drop schema {schema} cascade; create schema {schema}")
    assert before != after == indexes()


def test_a_migration_that_fails_leaves_the_tables_as_they_were(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    open_database(url, tmp_path).connection  # noqa: B018 - makes them
    with monkeypatch.context() as patch:
        patch.setattr(preparation, "MIGRATIONS", (*preparation.MIGRATIONS, (*LATER, "select 1/0")))
        with pytest.raises(errors.QueueError, match="division by zero"):
            open_database(url, tmp_path).connection  # noqa: B018 - opens it
    database = open_database(url, tmp_path)
    assert not any("until" in name for name in columns_of_postgres(database))


def test_tables_of_a_newer_version_are_refused(database: Database, url: str, tmp_path: Path):
    database.connection.execute("update job_note set value = '99' where name = 'table version'")
    with pytest.raises(errors.QueueError, match="newer Drawscape"):
        open_database(url, tmp_path).connection  # noqa: B018 - opens it


def test_what_another_program_has_locked_is_not_waited_for_without_end(
    database: Database, url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(session, "LOCK_WAIT", "50ms")
    database.connection  # noqa: B018 - makes the tables
    with administrator(url) as other, other.transaction():
        other.execute("lock table job in exclusive mode")
        with (
            pytest.raises(errors.QueueError, match="has locked it for 50ms; nothing was written"),
            database.transaction() as ours,
        ):
            ours.execute("update job set pid = 1")
    with database.transaction() as ours:
        ours.execute("update job set pid = 1")


def test_an_outcome_that_is_refused_beside_lanes_leaves_no_transaction_open(database: Database):
    def insert(job_id: str) -> None:
        database.connection.execute(
            "insert into job (id, queue, task, payload, status, created_at, group_id) "
            "values (?, 'background', 'sampletasks.nothing', '', 'queued', 0, 1)",
            (job_id,),
        )

    database.connection.execute(
        "insert into job_group (queue, lane, limit_key) values ('background', 'a', '')"
    )
    insert("first")
    insert("second")
    held = claim(database, "background", "worker", None)
    following = ("background", "worker", None)
    assert database.has_groups
    with pytest.raises(ValueRefused, match="out of range"):
        acknowledge(database, held, Outcome("finished", peak_kb=2**70), next_for=following)
    accepted, found = acknowledge(database, held, Outcome("finished"), next_for=following)
    assert (accepted, found.id) == (True, "second")
    assert acknowledge(database, found, Outcome("finished"), next_for=following) == (True, None)


def test_another_programs_tables_are_left_alone(url: str, tmp_path: Path):
    with administrator(url) as connection:
        connection.execute("create table job (title text)")
    with pytest.raises(errors.QueueError, match="another program"):
        open_database(url, tmp_path).connection  # noqa: B018 - opens it


def test_a_machine_with_another_key_is_refused(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    first = open_database(url, tmp_path / "first")
    first.folder.mkdir()
    key = key_of(first)
    second = open_database(url, tmp_path / "second")
    second.folder.mkdir()
    with pytest.raises(errors.QueueError, match="on another machine"):
        key_of(second)
    second.key_file.write_bytes(b"k" * 32)
    second.key_file.chmod(0o600)
    with pytest.raises(errors.QueueError, match="another key signs"):
        key_of(second)
    second.key_file.write_bytes(key)
    assert key_of(second) == key
    monkeypatch.setenv("DRAWSCAPE_QUEUE_KEY", "x" * 40)
    with pytest.raises(errors.QueueError, match="another key signs"):
        key_of(second)


def test_a_key_may_come_by_setting(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DRAWSCAPE_QUEUE_KEY", "x" * 40)
    keys = {key_of(open_database(url, tmp_path / name)) for name in ("first", "second")}
    assert len(keys) == 1
    monkeypatch.setenv("DRAWSCAPE_QUEUE_KEY", "short")
    with pytest.raises(errors.SettingsError, match="32 or more"):
        key_of(open_database(url, tmp_path / "third"))


def test_hueys_own_tasks_are_refused_there(url: str, tmp_path: Path):
    huey = JobPostgresHuey("background", url=url, home=tmp_path)
    with pytest.raises(errors.QueueError, match="huey's own tasks do not run on"):
        huey.task()(abs)(1)


@pytest.mark.parametrize("kind", pooler.KINDS)
def test_a_pooler_that_shares_sessions_between_transactions_is_refused(
    postgres_url: str, tmp_path: Path, kind: str
):
    refused = pytest.raises(
        errors.QueueError, match="hides who is alive; give the server's own URL"
    )
    with pooler.pooler(kind, postgres_url, "transaction") as url, refused:
        open_database(url, tmp_path).connection  # noqa: B018 - opens it


@pytest.mark.parametrize("kind", pooler.KINDS)
def test_a_pooler_that_gives_each_client_a_session_serves(
    postgres_url: str,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    start_consumer: Callable[..., Any],
    kind: str,
):
    with pooler.pooler(kind, postgres_url, "session") as url:
        monkeypatch.setenv("DRAWSCAPE_QUEUE", url)
        monkeypatch.setenv("DRAWSCAPE_QUEUE_KEY", "of the schema that all share " * 2)
        consumer = start_consumer("-w", "2")
        assert enqueue_background_job("sampletasks.add", 1).wait(60) == 1
        assert [worker.pid for worker in workers_alive()] == [consumer.pid]
        consumer.kill()
        wait_until(lambda: workers_alive() == [])


def test_a_password_is_in_no_message(tmp_path: Path):
    hidden = "postgresql://ada:opensesame@127.0.0.1:1/queue"
    database = open_database(hidden, tmp_path)
    assert "opensesame" not in database.label
    with pytest.raises(errors.QueueError) as caught:
        database.connect()
    assert "opensesame" not in str(caught.value)
    assert "ada@127.0.0.1" in str(caught.value)
