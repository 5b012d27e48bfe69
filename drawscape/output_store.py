"""Where drawings lie when several machines share them: `DRAWSCAPE_OUTPUT`.

A path is a folder, this machine's or a shared one, in which all work as in `output/`. A URL that fsspec knows
(`s3://bucket/prefix`) is an object store. Each file is written into it as it is made, or not at all.
When they are read, they are copied into the home's `output/`.

A copy has the time of its object, to the second; the digits below are a mark of the object's version. So one
request tells whether the copy is the present one.
"""

import contextlib
import functools
import os
import threading
import zlib
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any

from drawscape.errors import OutputStoreError

_BATCH_OBJECTS = 64
"""The number of objects that are fetched together."""

_S3_LIMITS = {"connect_timeout": 5, "read_timeout": 30, "retries": {"max_attempts": 3}}

_expected: dict[Path, int | None] = {}
"""Files that tasks are about to write, and their times before."""


def store() -> "OutputStore | None":
    """Return the object store that `DRAWSCAPE_OUTPUT` names, None where the output is a folder.

    Raises OutputStoreError when the package for it is missing.

    >>> store() is None
    True
    """
    url = os.environ.get("DRAWSCAPE_OUTPUT", "")
    return _store(url, os.getpid()) if "://" in url else None


@functools.cache
def _store(url: str, _pid: int) -> "OutputStore":
    return OutputStore(url)  # fsspec's are of no use in a forked process


def publish(file: Path, path: Path, folder: Path) -> None:
    """Write `file` into the store, if there is one, under the name of `path` in `folder`.

    The file gets the time of its object. Raises OutputStoreError.
    """
    if at := _place_of(path, folder):
        content = file.read_bytes()
        with at as (files, place):
            files.pipe_file(place, content)
            stamp = _stamp(files.info(place))
        os.utime(file, ns=(stamp, stamp))
        _expected.pop(path, None)


def fetch(path: Path, folder: Path, stamp: int | None = None) -> None:
    """Copy the present content to `path`, if it lies in `folder` and the store has it.

    Nothing is asked when the file has the time `stamp`. Raises OutputStoreError.
    """
    known = _time_of(path)
    if (known is None or known != stamp) and (at := _place_of(path, folder)):
        with at as (files, place), contextlib.suppress(FileNotFoundError):
            now = _stamp(files.info(place))
            if now != known:
                _write(path, files.cat_file(place), now)


def fetch_all(folder: Path, suffix: str) -> None:
    """Copy all objects whose names end in `suffix` to `folder`. Raises OutputStoreError."""
    if (objects := store()) is None:
        return
    with objects.opened("") as (files, root):
        found: Mapping[str, Any] = files.find(root.rstrip("/"), detail=True)
        if not found:
            objects.check()
        names = {path: path.removeprefix(root) for path in found if path.endswith(suffix)}
        stamps = {path: _stamp(found[path]) for path in names}
        missing = [
            path
            for path, name in names.items()
            if "/." not in f"/{name}" and _time_of(folder / name) != stamps[path]
        ]
        for start in range(0, len(missing), _BATCH_OBJECTS):
            contents = files.cat(missing[start : start + _BATCH_OBJECTS], on_error="omit")
            for path, content in contents.items():
                _write(folder / names[path], content, stamps[path])


def remove(path: Path, folder: Path) -> None:
    """Remove what `path` names in `folder` from the store, if there is one. Raises OutputStoreError."""
    if at := _place_of(path, folder):
        with at as (files, place), contextlib.suppress(FileNotFoundError):
            files.rm_file(place)


def expect(path: Path) -> None:
    """Note that somebody is about to write the file `path`."""
    _expected.setdefault(path, _time_of(path))


def publish_expected(folder: Path) -> None:
    """Write expected files that now exist into the store: tasks may write files without `publish`.

    Raises OutputStoreError.
    """
    while _expected:
        path, before = _expected.popitem()
        if _time_of(path) not in (None, before):
            publish(path, path, folder)


def _place_of(path: Path, folder: Path) -> "AbstractContextManager[tuple[Any, str]] | None":
    """Return what yields the store's files and the name of `path` there; None for what does not go there."""
    full, top = path.parent.resolve() / path.name, folder.resolve()
    if path.name.startswith(".") or not full.is_relative_to(top) or (found := store()) is None:
        return None
    return found.opened(full.relative_to(top).as_posix())


class OutputStore:
    """The objects below a URL, by their names relative to it."""

    def __init__(self, url: str) -> None:
        scheme, _, place = url.rstrip("/").partition("://")
        self._login = place.rpartition("@")[0]
        self.url = f"{scheme}://{place.rpartition('@')[2]}"  # without a password: it is printed
        options: dict[str, Any] = {"use_listings_cache": False, "skip_instance_cache": True}
        if url.startswith(("s3://", "s3a://")):
            options["config_kwargs"] = _S3_LIMITS
        try:
            from fsspec.core import url_to_fs

            self._files, self._root = url_to_fs(url.rstrip("/"), **options)
        except ImportError as error:
            raise self._error(f"{error}: pip install 'drawscape[object-store]'") from None
        except Exception as error:  # noqa: BLE001 - each package raises its own
            raise self._error(str(error)) from None

    def check(self) -> None:
        """Raise OutputStoreError when it cannot be used; an empty one can."""
        bucket = self._root.split("/")[0] or self._root
        with self.opened("") as (files, _):
            files.ls(bucket)

    @contextlib.contextmanager
    def opened(self, name: str) -> Iterator[tuple[Any, str]]:
        """Yield the store's files and where `name` is; what its package raises gets words for what to do."""
        try:
            yield self._files, f"{self._root.rstrip('/')}/{name}"
        except OutputStoreError:
            raise
        except FileNotFoundError as error:
            raise self._error(f"there is no such bucket or folder ({error}); make it") from error
        except PermissionError as error:
            raise self._error(
                f"no rights ({error}); check the credentials and the policy"
            ) from error
        except Exception as error:
            kind = type(error).__name__
            raise self._error(f"{name or 'it'} cannot be reached ({kind}: {error})") from error

    def _error(self, text: str) -> OutputStoreError:
        shown = text.replace(self._login, "...") if self._login else text
        return OutputStoreError(f"DRAWSCAPE_OUTPUT={self.url}: {shown}")


def _stamp(info: Mapping[str, Any]) -> int:
    """Return the second of an object's last change, in nanoseconds, with a mark of its version below."""
    changed = info.get("LastModified") or info.get("mtime") or info.get("created") or 0.0
    seconds = changed.timestamp() if isinstance(changed, datetime) else float(changed)
    version = info.get("ETag") or f"{seconds} {info.get('size')}"
    return int(seconds) * 10**9 + zlib.crc32(str(version).strip('"').encode()) % 10**9


def _time_of(file: Path) -> int | None:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return None


def _write(file: Path, content: bytes, stamp: int) -> None:
    """Write a temporary file and rename it: several processes that fetch it leave a complete one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_name(f".{file.name[:50]}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        half.write_bytes(content)
        os.utime(half, ns=(stamp, stamp))
        half.replace(file)
    finally:
        half.unlink(missing_ok=True)
