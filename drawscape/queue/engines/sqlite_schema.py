"""The tables in a SQLite file: what each version added, and how a file is made ready."""

import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from drawscape.errors import QueueError
from drawscape.queue.engines.engine import WorkerInfo

APPLICATION_ID: Final = 0x44524157
"""SQLite's `application_id` of our files: "DRAW"."""

# `autoincrement`: a number that a deleted job had never comes back, so that a late acknowledgement or stop
# request cannot meet another job.
JOB_TABLE: Final = """
create table if not exists job (
    seq integer primary key autoincrement,
    id text not null unique,
    queue text not null,
    task text not null,
    payload blob not null,
    status text not null,
    reason text,
    priority integer not null default 0,
    due_at real,
    waits_for integer not null default 0,
    runs_anyway integer not null default 0,
    timeout_s real,
    grace_s real,
    token integer not null default 0,
    recoveries integer not null default 0,
    attempts integer not null default 0,
    retries integer not null default 0,
    retry_delay_s real not null default 0,
    retry_backoff real not null default 1,
    worker text,
    pid integer,
    stop_grace_s real,
    created_at real not null,
    started_at real,
    ended_at real,
    result_ttl_s real,
    expires_at real,
    progress real not null default 0,
    message text,
    result blob,
    error text,
    detail text,
    peak_kb integer,
    unique_key text,
    batch text,
    meta text,
    description text
)
"""

DEPENDENCY_TABLE: Final = """
create table if not exists job_dependency (
    depends_on text not null,
    job_id text not null,
    primary key (depends_on, job_id)
) without rowid
"""

BATCH_TABLE: Final = """
create table if not exists job_batch (
    id text primary key,
    queue text not null,
    created_at real not null,
    total integer not null,
    description text
) without rowid
"""

# Partial indexes: a status change touches only those of the statuses that it leaves and enters. The claim's
# index holds the waiting jobs alone.
INDEXES: Final = (
    "create index if not exists job_queued on job (queue, priority desc, seq) where status = 'queued'",
    "create index if not exists job_due on job (due_at) where status = 'scheduled'",
    "create index if not exists job_deferred on job (seq) where status = 'deferred'",
    "create index if not exists job_started on job (worker) where status = 'started'",
    "create index if not exists job_failed on job (seq) where status = 'failed'",
    "create index if not exists job_expires on job (expires_at) where expires_at is not null",
    "create index if not exists job_batch_status on job (batch, status) where batch is not null",
    "create unique index if not exists job_unique on job (queue, unique_key) "
    "where unique_key is not null and status in ('queued', 'scheduled', 'deferred', 'started')",
    "create index if not exists job_dependency_of on job_dependency (job_id)",
)

_VERSION_1: Final = (JOB_TABLE, DEPENDENCY_TABLE, BATCH_TABLE, *INDEXES)

# Counts of ended jobs are kept by triggers, in the transaction that ends them: a million rows need not be
# read to be counted. The statuses of open jobs have partial indexes, which are as large as what is open.
_COUNT: Final = (
    "insert into job_count (queue, status, count) values ({row}.queue, {row}.status, {by}) "
    "on conflict (queue, status) do update set count = count + {by}"
)
_VERSION_2: Final = (
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
    "where status in ('finished', 'failed', 'stopped', 'canceled') group by queue, status",
    "drop index job_batch_status",
    # Neither is touched by a claim, and the second one by no job that runs and finishes.
    "create index job_of_batch on job (batch, ended_at) where batch is not null",
    "create index job_of_batch_apart on job (batch, status) where batch is not null "
    "and status in ('scheduled', 'deferred', 'failed', 'stopped', 'canceled')",
    "create index job_ended on job (ended_at, queue) where ended_at is not null",
    "drop index job_due",
    "create index job_due on job (due_at) where status = 'scheduled' and due_boot is null",
    "create index job_due_boot on job (due_boot_s) "
    "where status = 'scheduled' and due_boot is not null",
    "create index job_scheduled on job (seq, queue) where status = 'scheduled'",
    "drop index job_deferred",
    "create index job_deferred on job (seq, queue) where status = 'deferred'",
    "create index job_grouped on job (group_id, priority desc, seq) "
    "where status = 'queued' and group_id is not null",
    # On `ended_at`, which every ended job has and no open one: a claim wakes neither of them.
    "create trigger job_leaves_end after update of ended_at on job when old.ended_at is not null begin "
    f"{_COUNT.format(row='old', by='-1')}; end",
    "create trigger job_enters_end after update of ended_at on job when new.ended_at is not null begin "
    f"{_COUNT.format(row='new', by='1')}; end",
    "create trigger job_gone after delete on job "
    "when old.status in ('finished', 'failed', 'stopped', 'canceled') begin "
    f"{_COUNT.format(row='old', by='-1')}; "
    "update job_batch set failed_gone = failed_gone + 1 "
    "where id = old.batch and old.status != 'finished'; "
    "delete from job_dependency where job_id = old.id; end",
)

_VERSION_3: Final = (
    "drop index job_of_batch_apart",
    "create index job_of_batch_apart on job (batch, status) where batch is not null "
    "and status <> 'queued' and status <> 'started' and status <> 'finished'",
)

# A queued job is in one of the two: who looks for one of a lane passes over no others, and the reverse.
_VERSION_4: Final = (
    "drop index job_queued",
    "drop index job_grouped",
    "create index job_queued on job (queue, priority desc, seq) "
    "where status = 'queued' and group_id is null",
    "create index job_grouped on job (queue, group_id, priority desc, seq) "
    "where status = 'queued' and group_id is not null",
)

# Logs and previews are tables: one place for them on every engine. `recover` and `start_by` are options.
_VERSION_5: Final = (
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
)

MIGRATIONS: Final = (_VERSION_1, _VERSION_2, _VERSION_3, _VERSION_4, _VERSION_5)
"""What leads from each version of the table to the next; the version of a file is its `user_version`."""

USER_VERSION: Final = len(MIGRATIONS)

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
    for statements in MIGRATIONS[version:]:
        for statement in statements:
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
        ("logs/*.log", "insert into job_log select id, 0, :data from job where id = :id"),
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
