"""A queue carried from one place to another: from a file to Postgres, or back."""

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

from drawscape import settings
from drawscape.errors import QueueError
from drawscape.queue.codec import Codec, SignatureMismatch, of_call
from drawscape.queue.engines.engine import Connection, Database
from drawscape.queue.engines.target import transfer_of
from drawscape.queue.engines.transfer import CARRIED, TABLES, Digest, Transfer
from drawscape.queue.key import key_of
from drawscape.queue.table.query import is_migrated
from drawscape.queue.table.recovery import recover

_RECOVERY_S = 30.0
_PAUSE_S = 0.2


@dataclass(frozen=True)
class Moved:
    """What was carried: rows by table, and their hashes, which are the same on both sides."""

    counts: dict[str, int]
    hashes: dict[str, str]
    key: Path
    """Where the key lies now that signs the messages."""


def move(source: Database, target: Database) -> Moved:
    """Carry all that `source` holds to `target`, which must hold nothing, and leave `source` empty.

    One transaction fills `target`, and is committed when its rows, read again, have the counts and hashes
    of those of `source`; one that is interrupted leaves `source` as it was, and may be repeated. Raises
    QueueError when a worker lives on either side, and when `target` holds jobs or has another key.
    """
    if source.target == target.target:
        raise QueueError(f"{source.label} is both the queue and where it is to go")
    _refuse_workers(source, target)
    _recover(source)
    _share_key(source, target)
    taken, given = transfer_of(source), transfer_of(target)
    with taken.alone() as old:
        _refuse_workers(source, target)
        digest = _digest(taken, old)
        with given.alone() as new:
            # A move that was interrupted after its commit: what it carried need only be removed here.
            if _noted(new) != digest.hashes:
                _refuse_jobs(target, new)
                _fill(taken, old, given, new)
                _compare(digest, _digest(given, new))
                _note(new, digest)
        _leave(taken, old)
    taken.forget_traces()
    with target.transaction() as connection:
        connection.execute("delete from job_note where name = ?", (CARRIED,))
    return Moved(digest.counts, digest.hashes, target.key_file)


def _refuse_workers(*databases: Database) -> None:
    for database in databases:
        for worker in database.workers.living():
            raise QueueError(
                f"a worker of {database.label} is alive (process {worker.pid}); stop it, and begin anew"
            )


def _recover(database: Database) -> None:
    """Let the jobs of workers that died go back to the queue."""
    deadline = time.monotonic() + _RECOVERY_S
    while _count(database.connection, "job where status = 'started'"):
        recover(database)
        if time.monotonic() > deadline:
            raise QueueError(
                f"jobs of {database.label} run still; stop its workers, and begin anew"
            )
        time.sleep(_PAUSE_S)


def _share_key(source: Database, target: Database) -> None:
    """Let both sides have the key that has signed the messages."""
    key = key_of(source)
    row = source.connection.execute(
        "select id, task, payload from job order by seq desc limit 1"
    ).fetchone()
    if row is not None:
        try:
            Codec(key).message(
                row[2], of_call(row[0], row[1]), is_old=lambda: is_migrated(source, row[0])
            )
        except SignatureMismatch:
            raise QueueError(
                f"another key has signed the jobs of {source.label} than DRAWSCAPE_QUEUE_KEY gives; "
                f"unset that, and use the file {source.key_file} on every machine"
            ) from None
    file = target.key_file
    if settings.queue_key() is None and not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as copy:
            copy.write(key)
    if key_of(target) != key:
        raise QueueError(
            f"{file} is another key than that of {source.label}; move it away, and begin anew"
        )


def _digest(side: Transfer, connection: Connection) -> Digest:
    digest = Digest()
    for table in TABLES:
        for rows in side.pages(connection, table):
            digest.add(table, rows)
    return digest


def _fill(taken: Transfer, old: Connection, given: Transfer, new: Connection) -> None:
    given.empty(new)
    for table in TABLES:
        columns = taken.columns(old, table)
        for rows in taken.pages(old, table):
            given.fill(new, table, columns, rows)
    for trace in taken.traces(old):
        given.write_trace(new, trace)
    given.finish(new, taken.last_number(old))


def _leave(taken: Transfer, old: Connection) -> None:
    taken.empty(old)


def _refuse_jobs(target: Database, connection: Connection) -> None:
    if count := _count(connection, "job"):
        raise QueueError(
            f"{target.label} holds {count} job{'' if count == 1 else 's'}; a queue is moved to where none is"
        )


def _compare(before: Digest, after: Digest) -> None:
    for table in TABLES:
        if (before.counts[table], before.hashes[table]) != (
            after.counts[table],
            after.hashes[table],
        ):
            raise QueueError(
                f"{table}: {after.counts[table]} rows arrived of {before.counts[table]}, or they differ; "
                "nothing was moved"
            )


def _count(connection: Connection, rows: str) -> int:
    return int(connection.execute(f"select count(*) from {rows}").fetchone()[0])


def _noted(connection: Connection) -> object:
    row = connection.execute("select value from job_note where name = ?", (CARRIED,)).fetchone()
    return None if row is None else json.loads(row[0])


def _note(connection: Connection, digest: Digest) -> None:
    connection.execute(
        "insert into job_note (name, value) values (?, ?) "
        "on conflict (name) do update set value = excluded.value",
        (CARRIED, json.dumps(digest.hashes)),
    )
