"""Signed messages between processes: pickled, and read only when the signature is ours."""

from __future__ import annotations

import contextlib
import hmac
import os
import pickle
import secrets
from pathlib import Path
from typing import Any

from drawscape.errors import NotSerializableError, QueueError

_DIGEST = 32  # bytes of SHA-256
_KEY_BYTES = 32


class SignatureMismatch(QueueError):  # noqa: N818 - it names what was found
    """A message was not signed with this queue's key; it was not unpickled."""


class Codec:
    """Values to signed bytes and back (HMAC-SHA-256, the key in a file of its own beside the queue)."""

    def __init__(self, key: bytes) -> None:
        self.key = key

    def _signature(self, message: bytes | memoryview) -> bytes:
        return hmac.digest(self.key, message, "sha256")

    def dumps(self, value: Any) -> bytes:
        """Return `value` pickled and signed.

        Raises NotSerializableError with the pickler's own words.
        """
        message = dump(value)
        return self._signature(message) + message

    def loads(self, data: bytes) -> Any:
        """Return the value in `data`; raise SignatureMismatch, without unpickling, if it is not ours."""
        view = memoryview(data)
        message = view[_DIGEST:]
        if len(view) <= _DIGEST or not hmac.compare_digest(
            view[:_DIGEST], self._signature(message)
        ):
            raise SignatureMismatch(
                "the message's signature is not this queue's; it was not unpickled"
            )
        return pickle.loads(message)  # noqa: S301 - signed by us


def dump(value: Any) -> bytes:
    """Return `value` pickled; what lives in `__main__` (a notebook's cells) travels by value.

    Plain pickle first, for it is twenty times as fast as cloudpickle.
    """
    try:
        message = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        if b"__main__" not in message:
            return message
    except Exception:  # noqa: BLE001 - whatever plain pickle cannot do, cloudpickle tries next
        pass
    import cloudpickle

    try:
        return bytes(cloudpickle.dumps(value))
    except Exception as error:
        raise NotSerializableError(f"{type(error).__name__}: {error}") from error


def load_key(path: Path) -> bytes:
    """Return the key in `path`, made at random (mode 0600) by whoever comes first.

    Raises QueueError when the file holds no key or cannot be made.
    """
    try:
        if not path.exists():
            _make_key(path)
        key = path.read_bytes()
    except OSError as error:
        raise QueueError(f"the queue's key {path}: {error.strerror}") from error
    if len(key) < _KEY_BYTES:
        raise QueueError(f"the queue's key {path} is damaged; remove it when no job is waiting")
    return key


def _make_key(path: Path) -> None:
    """A link is made in one step, so nobody ever reads half a key."""
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
