"""The key that signs a queue's messages: one a queue, never replaced in silence."""

import hashlib

from drawscape import settings
from drawscape.errors import QueueError
from drawscape.queue.codec import load_key
from drawscape.queue.engines.engine import Database


def key_of(database: Database) -> bytes:
    """Return the key that signs the messages of a queue, made with a new one.

    Raises QueueError when the key of a queue that holds jobs is gone, or is another machine's: with another
    one, none of them would run and no result could be read.
    """
    if (named := settings.queue_key()) is not None:
        key = named
    elif database.has_many_writers:
        key = _key_of_many(database)
    else:
        key = _key_of_one(database)
    if database.has_many_writers:
        _check_key(database, key)
    return key


def _check_key(database: Database, key: bytes) -> None:
    """Raise QueueError when another machine's key signs the messages; the first one's is noted."""
    print_of_key = hashlib.blake2b(key, digest_size=16, person=b"drawscape.key").hexdigest()
    noted = _noted_key(database)
    if noted is None:
        database.connection.execute(
            "insert into job_note (name, value) values ('key', ?) on conflict (name) do nothing",
            (print_of_key,),
        )
        noted = _noted_key(database)
    if noted != print_of_key:
        raise QueueError(
            f"another key signs the messages of {database.label}: copy {database.key_file} from the home "
            "that used it first, or set DRAWSCAPE_QUEUE_KEY to one text on every machine"
        )


def _noted_key(database: Database) -> str | None:
    row = database.connection.execute("select value from job_note where name = 'key'").fetchone()
    return None if row is None else str(row[0])


def _key_of_many(database: Database) -> bytes:
    # In this order: whoever notes a key has written its file before.
    if _noted_key(database) is not None and not database.key_file.exists():
        raise QueueError(
            f"the key that signs the messages of {database.label} is on another machine: copy it to "
            f"{database.key_file}, or set DRAWSCAPE_QUEUE_KEY to one text on every machine"
        )
    return load_key(database.key_file)


def _key_of_one(database: Database) -> bytes:
    path = database.key_file
    if not path.exists() and database.exists():
        with database.translated():
            held = database.connection.execute("select exists (select 1 from job)").fetchone()[0]
        if held and not path.exists():
            raise QueueError(
                f"the queue's key {path} is gone, and {database.label} holds jobs that it signed; put it "
                f"back from a copy, or move {database.label} away to start with an empty queue"
            )
    return load_key(path)
