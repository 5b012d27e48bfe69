"""Values to signed bytes and back, between processes.

A message is pickled, and read only when the signature is ours; it begins with the versions that wrote it.
"""

import hashlib
import hmac
import pickle
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from drawscape import __version__
from drawscape.errors import NotSerializableError, QueueError

_CARRYING = threading.RLock()  # a thread that is done first would unregister the module for all


def portable(function: Callable[..., Any]) -> Any:
    """Return `function` in a form that unpickles where its module cannot be imported.

    Functions of `__main__` are always pickled by value. Those of a file beside the notebook must be, too.

    >>> def doubled(number):
    ...     return 2 * number
    >>> enqueue_background_job(portable(doubled), 21).wait(60)
    42
    """
    import cloudpickle

    module = sys.modules.get(getattr(function, "__module__", "") or "")
    if module is None or module.__name__ == "__main__":
        return function
    file, top = getattr(module, "__file__", None), module.__name__.partition(".")[0]
    if not file or "site-packages" in file or top in {"drawscape", *sys.stdlib_module_names}:
        return function  # also installed for the worker
    with _CARRYING:
        cloudpickle.register_pickle_by_value(module)
        try:
            return Carried(pickled_by_value(function))
        finally:
            cloudpickle.unregister_pickle_by_value(module)


@dataclass(frozen=True)
class Carried:
    """A function pickled by value beforehand; it unpickles to the function itself."""

    data: bytes

    def __reduce__(self) -> tuple[Any, tuple[bytes]]:
        return pickle.loads, (self.data,)


SIGNATURE_BYTES = 32
_PROTOCOL = pickle.HIGHEST_PROTOCOL
_HEADER_BYTES = 100
_PYTHON = sys.version.split()[0]  # importing `platform` takes as long as this whole module


class SignatureMismatch(QueueError):  # noqa: N818 - it names what was found
    """A message was not signed with this queue's key; it was not unpickled."""


class OtherPythonError(QueueError):
    """Functions or classes were pickled by value with another Python; they would crash this one."""


def of_call(job_id: str, task: str) -> str:
    """Return the context that signs a job's call: no other job or task accepts the message."""
    return f"call {job_id} {task}\n"


def of_result(job_id: str) -> str:
    """Return the context that signs a job's result."""
    return f"result {job_id}\n"


def origin_of(message: bytes | memoryview) -> tuple[list[str], int]:
    """Return the versions that pickled a message, and where its pickle begins.

    Those are the versions of Python and Drawscape, and `code` if it contains code.

    >>> origin_of(b"3.13.5 0.3.0 code\\n")
    (['3.13.5', '0.3.0', 'code'], 18)
    """
    line = bytes(message[:_HEADER_BYTES]).partition(b"\n")[0]
    return line.decode("ascii", "replace").split(" "), len(line) + 1


class Codec:
    """Values to signed bytes and back; the key is in another file beside the queue.

    Signed by keyed BLAKE2b (RFC 7693), in a third of HMAC-SHA-256's time.
    """

    def __init__(self, key: bytes) -> None:
        self.key = key
        self._keyed = hashlib.blake2b(
            key=key[: hashlib.blake2b.MAX_KEY_SIZE], digest_size=SIGNATURE_BYTES
        )

    def dumps(self, value: Any, about: str = "", *, by_value: bool = False) -> bytes:
        """Return `value` pickled, signed together with the context `about`; raise NotSerializableError.

        With `by_value`, it contains functions or classes, which another Python cannot read.
        """
        message = _plainly_pickled(value)
        if message is None:
            by_value, message = True, pickled_by_value(value)
        message = f"{_PYTHON} {__version__}{' code' if by_value else ''}\n".encode() + message
        return self._signature(about, message) + message

    def _signature(self, about: str, message: bytes | memoryview) -> bytes:
        signing = self._keyed.copy()
        signing.update(about.encode())
        signing.update(message)
        return signing.digest()

    def loads(self, data: bytes, about: str = "") -> Any:
        """Return the value in `data`; raise SignatureMismatch, without unpickling, and OtherPythonError."""
        view = memoryview(data)
        signature, message = view[:SIGNATURE_BYTES], view[SIGNATURE_BYTES:]
        if not message or not hmac.compare_digest(signature, self._signature(about, message)):
            raise SignatureMismatch(
                "the message's signature is not this queue's (was its key replaced, or the row copied?); it "
                "was not unpickled"
            )
        versions, start = origin_of(message)
        if "code" in versions and versions[0].split(".")[:2] != _PYTHON.split(".")[:2]:
            raise OtherPythonError(
                f"it carries code of Python {versions[0]}, and this is Python {_PYTHON}: start a worker with "
                "that Python, or put the function into a task module"
            )
        return pickle.loads(message[start:])  # noqa: S301 - signed by us


def dump(value: Any) -> bytes:
    """Return `value` pickled; objects of `__main__` (a notebook's cells) are pickled by value."""
    return _plainly_pickled(value) or pickled_by_value(value)


def _plainly_pickled(value: Any) -> bytes | None:
    """Return `value` pickled; None if plain pickle, twenty times as fast as cloudpickle, is not enough."""
    try:
        message = pickle.dumps(value, _PROTOCOL)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - cloudpickle tries next
        return None
    return None if b"__main__" in message else message


def pickled_by_value(value: Any) -> bytes:
    import cloudpickle

    try:
        return bytes(cloudpickle.dumps(value))
    except MemoryError:
        raise
    except Exception as error:
        raise NotSerializableError(f"{type(error).__name__}: {error}") from error
