"""The key that signs the messages of a queue, in a file beside it."""

import contextlib
import hashlib
import os
import secrets
from pathlib import Path

from drawscape import settings
from drawscape.errors import QueueError
from drawscape.queue.engines.engine import Engine

_KEY_BYTES = 32


def key_of(engine: Engine) -> bytes:
    """Return the key that signs the messages of a queue; a new queue gets a new key.

    Raises QueueError when the key of a queue with jobs is gone, or is another machine's.
    """
    path, named = engine.key_file, settings.queue_key()
    if not engine.is_server:
        if named is None and not path.exists() and Path(engine.target).exists():
            holds_jobs = engine.value("select exists (select 1 from job)")
            if holds_jobs and not path.exists():  # else another process has made both meanwhile
                raise QueueError(
                    f"the queue's key {path} is gone, and {engine.label} holds jobs that it signed. Put it "
                    f"back from a copy, or move {engine.label} away to start with an empty queue"
                )
        return named or load_key(path)
    # First: the file of a key is written before its note.
    noted = engine.value(engine.NOTED, name="key")
    if noted and named is None and not path.exists():
        raise QueueError(
            f"the key that signs the messages of {engine.label} is on another machine: copy it to {path}, "
            "or set DRAWSCAPE_QUEUE_KEY to one text on every machine"
        )
    key = named or load_key(path)
    print_of_key = hashlib.blake2b(key, digest_size=16, person=b"drawscape.key").hexdigest()
    if not noted:
        engine.write(engine.NOTE_ONCE, name="key", value=print_of_key)
        noted = engine.value(engine.NOTED, name="key")
    if noted != print_of_key:
        raise QueueError(
            f"another key signs the messages of {engine.label}: copy {path} from the home that used it "
            "first, or set DRAWSCAPE_QUEUE_KEY to one text on every machine"
        )
    return key


def load_key(path: Path) -> bytes:
    """Return the key in `path`; the first call makes it at random (mode 0600).

    Raises QueueError when the file holds no key, is writable by others or cannot be made.
    """
    try:
        if not path.exists():
            _make_key(path)
        mode = path.stat().st_mode
        if mode & 0o022:
            raise QueueError(
                f"the queue's key {path} may be written by others (mode {mode & 0o777:o}), who could sign "
                "jobs; check that it is yours, then `chmod 600` it"
            )
        if mode & 0o044:
            path.chmod(0o600)
        key = path.read_bytes()
    except OSError as error:
        raise QueueError(f"the queue's key {path}: {error.strerror}") from error
    if len(key) < _KEY_BYTES:
        raise QueueError(f"the queue's key {path} is damaged; put it back from a copy")
    return key


def _make_key(path: Path) -> None:
    """Make the file by a link, in one step, so that nobody ever reads half a key."""
    import tempfile

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # a consumer may be the first
    with tempfile.NamedTemporaryFile(dir=path.parent) as file:
        file.write(secrets.token_bytes(_KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(file.name, path)
