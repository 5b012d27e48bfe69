"""A task and its arguments: found and checked where they are queued, carried as a signed message.

A message is pickled, and read only when the signature is ours; it begins with the versions that wrote it. In
it a job that is an argument stands for its result, and paths of drawings lead to the reader's own folder.
"""

import contextlib
import functools
import hashlib
import hmac
import importlib
import importlib.util
import inspect
import os
import pickle
import re
import secrets
import sys
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from drawscape import __version__, output_store, settings
from drawscape.errors import (
    NotSerializableError,
    QueueError,
    TaskArgumentsError,
    TaskNotAllowedError,
    TaskNotFoundError,
    UnknownNameError,
)
from drawscape.project_modules import import_with_file
from drawscape.queue.engines.engine import Engine
from drawscape.settings import TASK_ALIASES

Function = Callable[..., Any]


@dataclass(frozen=True)
class Task:
    """What is queued: a path that the worker imports or, for a notebook's own, the function itself."""

    path: str
    function: Function
    by_value: bool

    def words(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str | None:
        """Return the words for a call in lists of jobs: those of the function's `describe`, if it has one."""
        describe = getattr(self.function, "describe", None)
        return None if describe is None else str(describe(*args, **kwargs))


def find_task(target: str | Function, allowed: Sequence[str], search: Path | None) -> Task:
    """Return the task that `target` names: a path as in `load`, or a function.

    A function from a module of `allowed` is queued by its path, any other by value.
    """
    if isinstance(target, str):
        return Task(target, load(target, allowed, search), by_value=False)
    if not callable(target):
        raise TaskNotFoundError(
            f"task {target!r}: give a dotted path such as 'workers.svg_tasks.generate_complex_svg' "
            "or a function"
        )
    function = _unwrapped(target)
    module = getattr(function, "__module__", None) or "__main__"
    name = getattr(function, "__qualname__", type(function).__name__)
    # A method, a lambda and a private function have no path that `load` would take.
    has_path = _is_allowed(module, allowed) and name.isidentifier() and not name.startswith("_")
    return Task(f"{module}.{name}", function, by_value=not has_path)


def _unwrapped(function: Any) -> Any:
    """Return the function within a task of huey's, any other as it is."""
    return getattr(function, "func", function) if hasattr(function, "call_local") else function


def load(path: str, allowed: Sequence[str], search: Path | None = None) -> Function:
    """Return the function at `path`, in a module of `allowed` or below; `search` is a folder to import from.

    A path of `TASK_ALIASES` leads to the task that it stands for. What a project has put at such a path does
    not run; a warning says so. Raises TaskNotAllowedError, TaskNotFoundError, and what the module raises.
    """
    if not all(part.isidentifier() for part in path.split(".")) or "." not in path:
        raise TaskNotFoundError(
            f"task {path!r} is not a dotted path, such as 'workers.svg_tasks.generate_complex_svg'"
        )
    if not _is_allowed(path.rpartition(".")[0], allowed):
        raise TaskNotAllowedError(
            f"task {path!r} lies outside of the task modules ({', '.join(allowed)}); "
            "add its module to DRAWSCAPE_TASK_MODULES to allow it"
        )
    target = TASK_ALIASES.get(path, path)
    if target != path and _is_allowed(target, allowed):
        _warn_of_namesake(path, search)
        path = target
    module_name, _, name = path.rpartition(".")
    module = _module(module_name, path, search)
    function = getattr(module, name, None)
    if name.startswith("_") or not callable(function) or isinstance(function, type):
        functions = {key for key, value in vars(module).items() if inspect.isfunction(value)}
        aliases = {one.rpartition(".") for one in TASK_ALIASES}
        functions |= {alias for owner, _, alias in aliases if owner == module_name}
        known = [one for one in functions if not one.startswith("_")]
        raise TaskNotFoundError(str(UnknownNameError(f"task of {module_name}", name, known)))
    return cast("Function", _unwrapped(function))


def _is_allowed(path: str, allowed: Sequence[str]) -> bool:
    return any(path == module or path.startswith(f"{module}.") for module in allowed)


def _module(name: str, path: str, search: Path | None) -> ModuleType:
    try:
        if name.startswith("drawscape."):
            return importlib.import_module(name)
        module, file = import_with_file(search, name)
    except ModuleNotFoundError as error:
        if not f"{name}.".startswith(f"{error.name}."):
            raise
        near = get_close_matches(path, [*TASK_ALIASES, *TASK_ALIASES.values()], 1, 0.8)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise TaskNotFoundError(
            f"task {path!r}: no module {error.name!r} (looked in {search or 'sys.path'}){hint}"
        ) from error
    return _as_on_disk(module, str(file or getattr(module, "__file__", None)))


@functools.lru_cache(maxsize=64)
def _defines(file: str, name: str, _modified_ns: int) -> bool:
    text = Path(file).read_text(errors="replace")
    return bool(re.search(rf"^(?:async )?def {name}\b", text, re.M))


def _warn_of_namesake(path: str, search: Path | None) -> None:
    """Warn when the project defines a task at `path` too; it is not imported for that."""
    module, _, name = path.rpartition(".")
    file = f"{search}/{module.replace('.', '/')}.py"  # as text: this is asked at each enqueue
    if search and os.path.isfile(file) and _defines(file, name, os.stat(file).st_mtime_ns):
        warnings.warn(
            f"{path} is a task of the library, which runs; {file} defines {name!r} too: give it another name",
            UserWarning,
            stacklevel=2,
        )


_SEEN: dict[tuple[str, str], tuple[float, ModuleType]] = {}
"""Modules as they were read for a check: name and file to (time of the file, module)."""


def _as_on_disk(module: ModuleType, file: str) -> ModuleType:
    """Return `module`, or a private copy of it as `file` has it now.

    A kernel lives for days. It must not refuse a job for a signature that was edited meanwhile, or for the
    module of another project.
    """
    try:
        stamp = os.stat(file).st_mtime
    except OSError:  # a package without a file, or one that is gone
        return module
    key = (module.__name__, file)
    if key not in _SEEN:
        is_its_own = os.path.realpath(module.__file__ or "") == os.path.realpath(file)
        _SEEN[key] = (stamp if is_its_own else -1.0, module)
    read_at, known = _SEEN[key]
    if read_at != stamp:
        spec: Any = importlib.util.spec_from_file_location(module.__name__, file)
        known = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(known)
        except Exception:  # noqa: BLE001 - the worker runs the same file, and its job says what is wrong
            return module
        _SEEN[key] = (stamp, known)
    return known


_signature = functools.lru_cache(maxsize=512)(inspect.signature)
_CARRYING = threading.RLock()  # a thread that is done would unregister the module for all


def check_binding(task: Task, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """Raise TaskArgumentsError when `args` and `kwargs` do not fit the task's signature."""
    try:
        signature = _signature(task.function)
    except (TypeError, ValueError):  # it has none, or cannot be hashed
        return
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        raise TaskArgumentsError(f"{task.path}{signature}: {error}") from None


def portable(function: Callable[..., Any]) -> Any:
    """Return `function` such that it unpickles where its module cannot be imported.

    What lies in `__main__` travels by value anyway, and so must what lies in a file beside the notebook.

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
        return function  # installed where the worker is, too
    with _CARRYING:
        cloudpickle.register_pickle_by_value(module)
        try:
            return Carried(_pickled_by_value(function))
        finally:
            cloudpickle.unregister_pickle_by_value(module)


@dataclass(frozen=True)
class Carried:
    """A function pickled by value beforehand; it unpickles to the function itself."""

    data: bytes

    def __reduce__(self) -> tuple[Any, tuple[bytes]]:
        return pickle.loads, (self.data,)


# Signed messages between processes

SIGNATURE_BYTES = 32
_KEY_BYTES = 32
_PROTOCOL = pickle.HIGHEST_PROTOCOL
_HEADER_BYTES = 100
_PYTHON = sys.version.split()[0]  # to import `platform` for it takes as long as all of this module


class SignatureMismatch(QueueError):  # noqa: N818 - it names what was found
    """A message was not signed with this queue's key; it was not unpickled."""


class OtherPythonError(QueueError):
    """Functions or classes came by value from another version of Python; it would crash this one."""


def of_call(job_id: str, task: str) -> str:
    """Return what the message of a job's call is about: neither another job nor another task reads it."""
    return f"call {job_id} {task}\n"


def of_result(job_id: str) -> str:
    """Return what the message of a job's result is about."""
    return f"result {job_id}\n"


def origin_of(message: bytes | memoryview) -> tuple[list[str], int]:
    """Return what a message says of who pickled it, and where its pickle begins.

    That is the versions of Python and of Drawscape, and `code` if code travels in it.

    >>> origin_of(b"3.13.5 0.3.0 code\\n")
    (['3.13.5', '0.3.0', 'code'], 18)
    """
    line, end, _ = bytes(message[:_HEADER_BYTES]).partition(b"\n")
    # A version that wrote none: a pickle begins with byte 128.
    if not end or not line[:1].isdigit():
        return [], 0
    return line.decode("ascii", "replace").split(" "), len(line) + 1


class Codec:
    """Values to signed bytes and back; the key lies in another file beside the queue.

    Signed by keyed BLAKE2b (RFC 7693), in a third of HMAC-SHA-256's time.
    """

    def __init__(self, key: bytes) -> None:
        self.key = key
        self._keyed = hashlib.blake2b(
            key=key[: hashlib.blake2b.MAX_KEY_SIZE], digest_size=SIGNATURE_BYTES
        )

    def dumps(self, value: Any, about: str = "", *, by_value: bool = False) -> bytes:
        """Return `value` pickled and signed together with what it is `about`; raise NotSerializableError.

        `by_value` says that functions or classes are in it, which another Python cannot read.
        """
        message = _plainly_pickled(value)
        if message is None:
            by_value, message = True, _pickled_by_value(value)
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


for _name in ("job_argument", "output_paths"):  # where version 0.3, whose jobs we read, had classes
    sys.modules[f"drawscape.queue.{_name}"] = sys.modules[__name__]


def dump(value: Any) -> bytes:
    """Return `value` pickled; what lives in `__main__` (a notebook's cells) travels by value."""
    return _plainly_pickled(value) or _pickled_by_value(value)


def _plainly_pickled(value: Any) -> bytes | None:
    """Return `value` pickled; None when plain pickle, twenty times as fast as cloudpickle, will not do."""
    try:
        message = pickle.dumps(value, _PROTOCOL)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - cloudpickle tries next
        return None
    return None if b"__main__" in message else message


def _pickled_by_value(value: Any) -> bytes:
    import cloudpickle

    try:
        return bytes(cloudpickle.dumps(value))
    except MemoryError:
        raise
    except Exception as error:
        raise NotSerializableError(f"{type(error).__name__}: {error}") from error


def key_of(engine: Engine) -> bytes:
    """Return the key that signs the messages of a queue, made with a new one.

    Raises QueueError when the key of a queue that holds jobs is gone, or is another machine's.
    """
    path, named = engine.key_file, settings.queue_key()
    if not engine.is_server:
        if named is None and not path.exists() and Path(engine.target).exists():
            holds_jobs = engine.read("select exists (select 1 from job)")[0][0]
            if holds_jobs and not path.exists():  # else another process has made both meanwhile
                raise QueueError(
                    f"the queue's key {path} is gone, and {engine.label} holds jobs that it signed. Put it "
                    f"back from a copy, or move {engine.label} away to start with an empty queue"
                )
        return named or load_key(path)
    noted = engine.read(
        engine.NOTED, name="key"
    )  # first: who notes a key has written its file before
    if noted and named is None and not path.exists():
        raise QueueError(
            f"the key that signs the messages of {engine.label} is on another machine: copy it to {path}, "
            "or set DRAWSCAPE_QUEUE_KEY to one text on every machine"
        )
    key = named or load_key(path)
    print_of_key = hashlib.blake2b(key, digest_size=16, person=b"drawscape.key").hexdigest()
    if not noted:
        engine.write(engine.NOTE_ONCE, name="key", value=print_of_key)
        noted = engine.read(engine.NOTED, name="key")
    if noted[0][0] != print_of_key:
        raise QueueError(
            f"another key signs the messages of {engine.label}: copy {path} from the home that used it "
            "first, or set DRAWSCAPE_QUEUE_KEY to one text on every machine"
        )
    return key


def load_key(path: Path) -> bytes:
    """Return the key in `path`, made at random (mode 0600) by the first who asks.

    Raises QueueError when the file holds no key, may be written by others or cannot be made.
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
    """A link is made in one step, so nobody ever reads half a key."""
    import tempfile

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # a consumer may be a home's first
    with tempfile.NamedTemporaryFile(dir=path.parent) as file:
        file.write(secrets.token_bytes(_KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(file.name, path)


# Jobs as arguments


@dataclass(frozen=True)
class ResultOf:
    """Stands for the result of a job in the arguments of another, until that one runs."""

    job_id: str


def mapped(
    args: Sequence[Any], kwargs: Mapping[str, Any], kind: type[Any], step: Callable[[Any], Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments with `step(value)` in the place of each value of a kind."""

    def one(value: Any) -> Any:
        return step(value) if isinstance(value, kind) else value

    return tuple(map(one, args)), {name: one(value) for name, value in kwargs.items()}


# Paths of drawings on their way between machines, each of which has its output folder elsewhere


def portable_paths(value: Any, home: Path) -> Any:
    """Return `value` such that the paths of files in the home's output folder unpickle to the reader's own.

    Looked at are text, paths, and what lists, tuples and dictionaries hold; a value that holds itself stays
    as it is.

    >>> portable_paths({"drawing": "/studio/output/a.svg", "title": "A"}, Path("/studio"))
    {'drawing': OutputFile(name='a.svg', stamp=None, is_text=True), 'title': 'A'}
    """
    try:
        return _portable(value, _folder_of(home, settings.shared_output()))
    except RecursionError:
        return value


@functools.cache
def _folder_of(home: Path, _named: str) -> str:
    return os.fspath(settings.output_of(home).resolve()) + os.sep


def _portable(value: Any, folder: str) -> Any:
    if isinstance(value, str | Path):
        text = os.fspath(value)
        if text.startswith(folder):
            name = text.removeprefix(folder).replace(os.sep, "/")
            stamp = os.stat(text).st_mtime_ns if os.path.exists(text) else None
            return OutputFile(name, stamp, isinstance(value, str))
        return value
    kind = type(value)
    if kind in (list, tuple):
        return kind(_portable(one, folder) for one in value)
    if kind is dict:
        return {key: _portable(one, folder) for key, one in value.items()}
    return value


@dataclass(frozen=True)
class OutputFile:
    """A file by its name in the output folder; unpickled it is its path there, as text or as a Path."""

    name: str
    stamp: int | None
    """The time of the file when it was written, in nanoseconds: a copy with that time is the same."""
    is_text: bool = True

    def __reduce__(self) -> tuple[Any, tuple[str, int | None, bool]]:
        return located, (self.name, self.stamp, self.is_text)


def located(name: str, stamp: int | None, is_text: bool) -> str | Path:
    """Return the path of the file `name` in this home's output folder, copied from the store if need be.

    A file that is gone is missing at its path. Raises OutputStoreError where the store does not answer.
    """
    folder = settings.output_folder().resolve()
    path = folder / name
    output_store.fetch(path, folder, stamp)
    return os.fspath(path) if is_text else path
