"""The tables in a SQLite file: what each version added, and how a file is made ready."""

import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from drawscape.errors import QueueError
from drawscape.queue.engines.engine import WorkerInfo
from drawscape.queue.engines.queries import COLUMNS, ENDED, INDEXES

APPLICATION_ID: Final = 0x44524157
"""SQLite's `application_id` of our files: "DRAW"."""

# `autoincrement`: a number that a deleted job had never comes back, so that a late acknowledgement or stop
# request cannot meet another job.
_OF_0_2: Final = (
    "create table job (seq integer primary key autoincrement, id text not null unique, "
    f"queue text not null, status text not null, worker text, batch text, {COLUMNS}, "
    "payload blob not null, result blob)",
    "create table job_dependency (depends_on text not null, job_id text not null, "
    "primary key (depends_on, job_id)) without rowid",
    "create table job_batch (id text primary key, queue text not null, created_at real not null, "
    "total integer not null, description text) without rowid",
)

# Counts of ended jobs are kept by triggers, in the transaction that ends them: a million rows need not be
# read to be counted. The statuses of open jobs have partial indexes, which are as large as what is open.
_COUNT: Final = (
    "insert into job_count (queue, status, count) values ({row}.queue, {row}.status, {by}) "
    "on conflict (queue, status) do update set count = count + {by}"
)
_OF_0_3: Final = (
    "alter table job add column group_id integer",
    "alter table job add column retry_delays text",
    "alter table job add column due_boot text",
    "alter table job add column due_boot_s real",
    "alter table job add column log blob",
    "alter table job_dependency add column done integer not null default 0",
    "alter table job_batch add column failed_gone integer not null default 0",
    "create table job_group (id integer primary key, queue text not null, lane text not null, "
    "limit_key text not null, most integer, unique (queue, lane, limit_key))",
    "create table job_pause (queue text not null, lane text not null, primary key (queue, lane)) "
    "without rowid",
    "create table job_note (name text primary key, value text not null) without rowid",
    "create table job_count (queue text not null, status text not null, count integer not null, "
    "primary key (queue, status)) without rowid",
    "insert into job_count select queue, status, count(*) from job "
    f"where status in {ENDED} group by queue, status",
    *(f"drop index if exists job_{name}" for name in ("queued", "due", "deferred", "batch_status")),
    *INDEXES,
    "create index job_ended on job (ended_at, queue) where ended_at is not null",
    "create index job_due on job (due_at) where status = 'scheduled' and due_boot is null",
    "create index job_due_boot on job (due_boot_s) "
    "where status = 'scheduled' and due_boot is not null",
    # On `ended_at`, which every ended job has and no open one: a claim wakes neither of them.
    "create trigger job_leaves_end after update of ended_at on job when old.ended_at is not null begin "
    f"{_COUNT.format(row='old', by='-1')}; end",
    "create trigger job_enters_end after update of ended_at on job when new.ended_at is not null begin "
    f"{_COUNT.format(row='new', by='1')}; end",
    f"create trigger job_gone after delete on job when old.status in {ENDED} begin "
    f"{_COUNT.format(row='old', by='-1')}; "
    "update job_batch set failed_gone = failed_gone + 1 "
    "where id = old.batch and old.status != 'finished'; "
    "delete from job_dependency where job_id = old.id; end",
)

# Logs and previews are tables: one place for them on every engine. `recover` and `start_by` are options.
_OF_0_4: Final = (
    "alter table job add column recover integer not null default 1",
    "alter table job add column start_by real",
    "alter table job add column code text",
    "create index job_start_by on job (start_by) "
    "where start_by is not null and status in ('queued', 'scheduled', 'deferred')",
    "create index job_of_group on job (group_id) where group_id is not null",
    "create table job_log (job_id text not null, position integer not null, data blob not null, "
    "primary key (job_id, position)) without rowid",
    "create table job_preview (job_id text primary key, written_at real not null, picture blob not null)",
    "create trigger job_leaves_traces after delete on job begin "
    "delete from job_log where job_id = old.id; delete from job_preview where job_id = old.id; end",
    "insert into job_log select id, 0, log from job where log is not null",
)

MIGRATIONS: Final = {1: _OF_0_2, 4: _OF_0_3, 5: _OF_0_4}
"""What makes the tables of each release from those before; the version of a file is its `user_version`."""

USER_VERSION: Final = max(MIGRATIONS)

OUR_TABLES: Final = frozenset({"job", "kv", "task", "schedule", "counter"})
"""A file that holds tables but none of these belongs to another program."""


def prepare(
    connection: sqlite3.Connection,
    path: Path,
    timeout_s: float,
    living: Callable[[], Sequence[WorkerInfo]],
) -> None:
    """Make the file's tables what this version needs.

    Raises QueueError for another program's file or a newer one, and while an older worker is `living`. So it
    does where SQLite cannot have a write-ahead log.
    """
    tables = {row[0] for row in connection.execute("select name from sqlite_master")}
    owner = connection.execute("pragma application_id").fetchone()[0]
    if owner not in (0, APPLICATION_ID) or (tables and not tables & OUR_TABLES):
        raise QueueError(
            f"{path} is another program's SQLite file; name another file for the queue"
        )
    version = connection.execute("pragma user_version").fetchone()[0]
    if owner == APPLICATION_ID and version > USER_VERSION:
        raise QueueError(
            f"{path} was written by a newer Drawscape (table version {version}, this one knows "
            f"{USER_VERSION}); update Drawscape"
        )
    if owner == APPLICATION_ID and version == USER_VERSION and "job" in tables:
        return
    if "job" in tables and (older := living()):
        raise QueueError(
            f"a worker of an older Drawscape uses {path} (process {older[0].pid}): stop it first, then this "
            "version brings the file up to date"
        )
    _switch_to_wal(connection, path, timeout_s)
    _migrate(connection, path.parent)


def _migrate(connection: sqlite3.Connection, folder: Path) -> None:
    """Bring the tables to the present version; of several that start at once the first one does it."""
    connection.execute("begin immediate")
    version = connection.execute("pragma user_version").fetchone()[0]
    for number, statements in MIGRATIONS.items():
        for statement in statements if number > version else ():
            connection.execute(statement)
    taken = _take_files(connection, folder) if version < 5 else []
    connection.execute(f"pragma application_id = {APPLICATION_ID}")
    connection.execute(f"pragma user_version = {max(version, USER_VERSION)}")
    connection.execute("commit")
    for file in taken:
        with suppress(OSError):
            file.unlink()


def _take_files(connection: sqlite3.Connection, folder: Path) -> list[Path]:
    """Take over the logs and previews that versions before 5 kept in files beside the queue's."""
    taken = []
    for kind, insert in (
        (
            "logs/*.log",
            "insert or replace into job_log select id, 0, :data from job where id = :id",
        ),
        ("previews/*.svg", "insert into job_preview select id, :at, :data from job where id = :id"),
    ):
        for file in folder.glob(kind):
            with suppress(OSError):
                connection.execute(
                    insert, {"id": file.stem, "data": file.read_bytes(), "at": file.stat().st_mtime}
                )
                taken.append(file)
    return taken


def _switch_to_wal(connection: sqlite3.Connection, path: Path, timeout_s: float) -> None:
    """The switch takes an exclusive lock without the busy handler's patience, so we loop."""
    deadline = time.monotonic() + timeout_s
    connection.execute("pragma auto_vacuum = incremental")
    while True:
        try:
            mode = connection.execute("pragma journal_mode = wal").fetchone()[0]
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            if mode != "wal":
                raise QueueError(
                    f"{path}: SQLite cannot use its write-ahead log here (journal mode {mode!r}); "
                    "keep the queue on a local disk"
                )
            return
