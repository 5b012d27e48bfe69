"""The tables in a SQLite file: what each version added, and how a file is made ready."""

import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from drawscape.errors import QueueError
from drawscape.queue.engines.engine import WorkerInfo

APPLICATION_ID = 0x44524157
"""SQLite's `application_id` of our files: "DRAW"."""

TABLES = (
    # `autoincrement`: the number of a deleted job is never reused, so that a late acknowledgement or stop
    # request cannot hit another job.
    """
    create table job (
        seq integer primary key autoincrement,
        id text not null unique,
        queue text not null,
        status text not null,
        reason text,
        task text not null,
        payload blob not null,
        code text,
        result blob,
        error text,
        detail text,
        priority integer not null default 0,
        group_id integer,
        batch text,
        unique_key text,
        created_at real not null,
        queued_at real,
        due_at real,
        start_by real,
        started_at real,
        ended_at real,
        result_ttl_s real,
        timeout_s real,
        grace_s real,
        stop_grace_s real,
        worker text,
        pid integer,
        token integer not null default 0,
        attempts integer not null default 0,
        recoveries integer not null default 0,
        recover integer not null default 1,
        retries integer not null default 0,
        retry_delay_s real not null default 0,
        retry_backoff real not null default 1,
        waits_for integer not null default 0,
        runs_anyway integer not null default 0,
        progress real not null default 0,
        message text,
        meta text,
        description text,
        peak_kb integer
    )
    """,
    """
    create table job_dependency (depends_on text not null, job_id text not null,
        done integer not null default 0, primary key (depends_on, job_id)) without rowid
    """,
    """
    create table job_batch (id text primary key, queue text not null, created_at real not null,
        total integer not null, description text, failed_gone integer not null default 0) without rowid
    """,
    """
    create table job_group (id integer primary key, queue text not null, lane text not null,
        limit_key text not null, most integer, unique (queue, lane, limit_key))
    """,
    """
    create table job_pause (queue text not null, lane text not null, primary key (queue, lane)) without rowid
    """,
    "create table job_note (name text primary key, value text not null) without rowid",
    """
    create table job_count (queue text not null, status text not null, count integer not null,
        primary key (queue, status)) without rowid
    """,
    """
    create table job_log (job_id text not null, position integer not null, data blob not null,
        primary key (job_id, position)) without rowid
    """,
    "create table job_preview (job_id text primary key, written_at real not null, picture blob not null)",
    # Partial indexes: a status change touches only those of the statuses that it leaves and enters. A queued
    # job is in one of two, so that a search of a lane skips no other jobs, and the reverse. A claim touches
    # no index of a batch, and a job that runs and finishes touches only the first.
    # It names `group_id`, though that is null in each: without it SQLite counts in the table, twice as long.
    """
    create index job_queued on job (queue, priority desc, seq, group_id)
    where status = 'queued' and group_id is null
    """,
    """
    create index job_grouped on job (queue, group_id, priority desc, seq)
    where status = 'queued' and group_id is not null
    """,
    "create index job_scheduled on job (seq, queue) where status = 'scheduled'",
    "create index job_due on job (due_at) where status = 'scheduled'",
    "create index job_deferred on job (seq, queue) where status = 'deferred'",
    """
    create index job_start_by on job (start_by)
    where start_by is not null and status in ('queued', 'scheduled', 'deferred')
    """,
    "create index job_started on job (worker) where status = 'started'",
    "create index job_ended on job (ended_at, queue) where ended_at is not null",
    "create index job_unfinished on job (status, seq) where status in ('failed', 'stopped', 'canceled')",
    "create index job_expires on job (ended_at + result_ttl_s) where result_ttl_s is not null",
    "create index job_of_group on job (group_id) where group_id is not null",
    "create index job_of_task on job (task)",
    "create index job_of_batch on job (batch, ended_at) where batch is not null",
    """
    create index job_of_batch_apart on job (batch, status)
    where batch is not null and status <> 'queued' and status <> 'started' and status <> 'finished'
    """,
    """
    create unique index job_unique on job (queue, unique_key)
    where unique_key is not null and status in ('queued', 'scheduled', 'deferred', 'started')
    """,
    "create index job_dependency_of on job_dependency (job_id)",
    # Ended jobs are counted in the transaction that ends them: a million rows need not be read to be counted.
    # On `ended_at`, which only ended jobs have: a claim fires none of these triggers.
    """
    create trigger job_leaves_end after update of ended_at on job when old.ended_at is not null begin
        insert into job_count (queue, status, count) values (old.queue, old.status, -1)
        on conflict (queue, status) do update set count = count - 1;
    end
    """,
    """
    create trigger job_enters_end after update of ended_at on job when new.ended_at is not null begin
        insert into job_count (queue, status, count) values (new.queue, new.status, 1)
        on conflict (queue, status) do update set count = count + 1;
    end
    """,
    """
    create trigger job_gone after delete on job when old.ended_at is not null begin
        insert into job_count (queue, status, count) values (old.queue, old.status, -1)
        on conflict (queue, status) do update set count = count - 1;
        update job_batch set failed_gone = failed_gone + 1 where id = old.batch and old.status != 'finished';
        delete from job_dependency where job_id = old.id;
    end
    """,
    """
    create trigger job_leaves_traces after delete on job begin
        delete from job_log where job_id = old.id;
        delete from job_preview where job_id = old.id;
    end
    """,
)
"""The statements that make an empty file a queue."""

_FROM_0_4 = (
    "alter table job add column queued_at real",
    "drop index job_due",
    "drop index job_due_boot",
    "drop index job_expires",
    "drop index job_failed",
    "drop index job_queued",
    "alter table job drop column due_boot",
    "alter table job drop column due_boot_s",
    "alter table job drop column expires_at",
    "alter table job drop column log",
    "alter table job drop column retry_delays",
    "create index job_due on job (due_at) where status = 'scheduled'",
    """
    create index job_queued on job (queue, priority desc, seq, group_id)
    where status = 'queued' and group_id is null
    """,
    "create index job_unfinished on job (status, seq) where status in ('failed', 'stopped', 'canceled')",
    "create index job_expires on job (ended_at + result_ttl_s) where result_ttl_s is not null",
)
"""One clock for delays, the time since which a job is queued, and indexes for what is listed and pruned."""

_WITH_TASKS = ("create index job_of_task on job (task)",)
"""An index for the list of a task that few jobs have, or none."""

OLDEST = 5
"""The tables of 0.4, the oldest version that can be updated."""

MIGRATIONS = {6: _FROM_0_4, 7: _WITH_TASKS}
"""The statements from each version's tables to the next; a file's version is its `user_version`."""

USER_VERSION = max(MIGRATIONS)

OUR_TABLES = frozenset({"job", "kv", "task", "schedule"})
"""A file with tables but none of these, ours and huey's, belongs to another program."""


def prepare(
    connection: sqlite3.Connection,
    path: Path,
    timeout_s: float,
    living: Callable[[], Sequence[WorkerInfo]],
) -> None:
    """Create or update the file's tables for this version.

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
    if "job" in tables and version < OLDEST:
        raise QueueError(
            f"{path} was written by Drawscape 0.3 or older (table version {version}). Please open it with "
            "0.4 first, or move it away to start with an empty queue"
        )
    if "job" in tables and (older := living()):
        raise QueueError(
            f"a worker of an older Drawscape uses {path} (process {older[0].pid}): stop it first, then this "
            "version brings the file up to date"
        )
    _switch_to_wal(connection, path, timeout_s)
    _migrate(connection)


def _migrate(connection: sqlite3.Connection) -> None:
    """Update the tables to this version; if several processes start at once, the first one does it."""
    connection.execute("begin immediate")
    version = connection.execute("pragma user_version").fetchone()[0]
    if version < OLDEST:  # no tables yet
        for statement in TABLES:
            connection.execute(statement)
        version = USER_VERSION
    for number, statements in MIGRATIONS.items():
        for statement in statements if number > version else ():
            connection.execute(statement)
    connection.execute(f"pragma application_id = {APPLICATION_ID}")
    connection.execute(f"pragma user_version = {max(version, USER_VERSION)}")
    connection.execute("commit")


def _switch_to_wal(connection: sqlite3.Connection, path: Path, timeout_s: float) -> None:
    """The switch takes an exclusive lock without the busy handler, so we loop."""
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
