"""The `job` table: one row per job is the whole truth about it, queue entry included."""

from __future__ import annotations

from typing import Final

APPLICATION_ID: Final = 0x44524157
"""SQLite's `application_id` of our files: "DRAW"."""

USER_VERSION: Final = 1

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

# Partial indexes: a status change touches only those of the statuses that it leaves and enters, and the
# claim's index holds the waiting jobs alone, whatever the number of jobs that are done.
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

DDL: Final = (JOB_TABLE, DEPENDENCY_TABLE, BATCH_TABLE, *INDEXES)

OUR_TABLES: Final = frozenset({"job", "kv", "task", "schedule", "counter"})
"""A file that holds tables but none of these belongs to another program."""
