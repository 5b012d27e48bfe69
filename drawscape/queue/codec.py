"""Signed messages between processes: pickled, and read only when the signature is ours."""

import contextlib
import hashlib
import hmac
import os
import pickle
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from drawscape.errors import NotSerializableError, QueueError
from drawscape.queue.origin import Origin, header_of_this_process

SIGNATURE_BYTES = 32  # bytes of a signature
_KEY_BYTES = 32
_SMALL_BYTES = 10_000  # of a message that is copied once more sooner than signed in two steps
_PROTOCOL = pickle.HIGHEST_PROTOCOL


class SignatureMismatch(QueueError):  # noqa: N818 - it names what was found
    """A message was not signed with this queue's key; it was not unpickled."""


def of_call(job_id: str, task: str) -> str:
    """Return what the message of a job's call is about: neither another job nor another task reads it."""
    return f"call {job_id} {task}\n"


def of_result(job_id: str) -> str:
    """Return what the message of a job's result is about."""
    return f"result {job_id}\n"


class Codec:
    """Values to signed bytes and back; the key lies in a file of its own beside the queue.

    Signed by keyed BLAKE2b (RFC 7693), in a third of HMAC-SHA-256's time.
    """

    def __init__(self, key: bytes) -> None:
        self.key = key
        self._keyed = hashlib.blake2b(
            key=key[: hashlib.blake2b.MAX_KEY_SIZE], digest_size=SIGNATURE_BYTES
        )

    def dumps(self, value: Any, about: str = "", *, by_value: bool = False) -> bytes:
        """Return `value` pickled and signed together with what it is `about`, and where it comes from.

        `by_value` says that functions or classes are in it, which another Python cannot read.
        Raises NotSerializableError with the pickler's own words.
        """
        return self.dumper(by_value=by_value)(value, about)

    def dumper(self, *, by_value: bool = False) -> Callable[[Any, str], bytes]:
        """Return what does as `dumps` for one value after another, in little more than pickling takes."""
        copy, header = self._keyed.copy, header_of_this_process(by_value)

        def dumps(value: Any, about: str) -> bytes:
            message = _plainly_pickled(value)
            if message is None:
                message = header_of_this_process(True) + _pickled_by_value(value)
            else:
                message = header + message
            signing = copy()
            if len(message) < _SMALL_BYTES:
                signing.update(about.encode() + message)
            else:
                signing.update(about.encode())
                signing.update(message)
            return signing.digest() + message

        return dumps

    def loads(self, data: bytes, about: str = "") -> Any:
        """Return the value in `data`.

        Raises SignatureMismatch, without unpickling, if it was not signed here, or about something else, and
        OtherPythonError if it carries another's code.
        """
        view = memoryview(data)
        signature, message = view[:SIGNATURE_BYTES], view[SIGNATURE_BYTES:]
        if not message or not hmac.compare_digest(signature, self._signature(message, about)):
            raise SignatureMismatch(
                "the message's signature is not this queue's; it was not unpickled"
            )
        origin, start = Origin.read(message)
        if origin is not None:
            origin.check()
        return pickle.loads(message[start:])  # noqa: S301 - signed by us

    def _signature(self, message: memoryview, about: str) -> bytes:
        signing = self._keyed.copy()
        signing.update(about.encode())
        signing.update(message)
        return signing.digest()


def dump(value: Any) -> bytes:
    """Return `value` pickled; what lives in `__main__` (a notebook's cells) travels by value."""
    return _plainly_pickled(value) or _pickled_by_value(value)


def _plainly_pickled(value: Any) -> bytes | None:
    """Return `value` pickled; None when plain pickle, twenty times as fast as cloudpickle, will not do."""
    try:
        message = pickle.dumps(value, _PROTOCOL)
    except Exception:  # noqa: BLE001 - whatever plain pickle cannot do, cloudpickle tries next
        return None
    return None if b"__main__" in message else message


def _pickled_by_value(value: Any) -> bytes:
    import cloudpickle

    try:
        return bytes(cloudpickle.dumps(value))
    except Exception as error:
        raise NotSerializableError(f"{type(error).__name__}: {error}") from error


def load_key(path: Path) -> bytes:
    """Return the key in `path`, made at random (mode 0600) by whoever comes first.

    Raises QueueError when the file holds no key, may be written by others or cannot be made.
    """
    try:
        if not path.exists():
            _make_key(path)
        mode = path.stat().st_mode
        if mode & 0o022:
            raise QueueError(
                f"the queue's key {path} may be written by others (mode {mode & 0o777:o}), who could sign "
                "jobs; see that it is yours, then `chmod 600` it"
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
    """A link is made in one step, so nobody ever reads half a key."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # a consumer may be a home's first
    temporary = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        temporary.unlink()
