"""Where files are: the home, its folders, and the environment variables that change them.

All paths are relative to one folder, the home. It is `DRAWSCAPE_HOME`, else the nearest project upward from
the working directory. Else it is the working directory if that has tasks in `workers/`, else the user's data
folder. A project has `.drawscape/`, a `drawscape.toml`, or a `pyproject.toml` with `[tool.drawscape]`. So a
notebook in `notebooks/` and a worker at the root find the same queue. The working directory is that of the
process's first call: a later `os.chdir` changes nothing. The root, and a folder where all users put files,
such as /tmp, are only homes if named.
"""

import contextlib
import hashlib
import os
import re
import shlex
import stat
import sys
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from drawscape.durations import seconds
from drawscape.errors import ForbiddenPathError, SettingsError

StrPath = str | os.PathLike[str]
"""A path, as text or as an object such as `Path`."""

LIBRARY_TASK_MODULES = ("drawscape.tasks", "workers")
"""Where tasks are without further settings: in the library and in the project's `workers/`."""

TASK_ALIASES = {
    "workers.svg_tasks.generate_complex_svg": "drawscape.tasks.drawing.generate_complex_svg",
    "workers.svg_tasks.draw_function_svg": "drawscape.tasks.drawing.draw_function_svg",
    "workers.svg_tasks.generate_postcard_svg": "drawscape.tasks.sheets.generate_postcard_svg",
    "workers.svg_tasks.optimize_svg": "drawscape.tasks.plotting.optimize_svg",
    "workers.email_tasks.send_notification": "drawscape.tasks.mail.send_notification",
    "workers.data_tasks.process_file": "drawscape.tasks.data.process_file",
    "workers.file_tasks.process_batch": "drawscape.tasks.files.process_batch",
}
"""The contract's names for the library's tasks. A project's own function of such a name runs instead."""

CODE_FOLDER = "DRAWSCAPE_CODE"
"""The variable that tells a child process where its job's code is, if in another home."""

_PROJECT_LISTS, _PROJECT_TEXTS = ("task-modules", "data-dirs"), ("notify", "notify_url")
_KEY_CHARS = 32
_SHORTEST_LEASE_S = 3.0
_POSTGRES = ("postgresql://", "postgres://")
_EVERYBODYS = stat.S_ISVTX | stat.S_IWOTH
_WEB_ADDRESS = "web.address"

OUTLIVING = {"DRAWSCAPE_CHILD": "outlives", "DRAWSCAPE_WORKER": ""}
"""The environment of a process that outlives its job, such as the one that lifts a plotter's pen."""


def home() -> Path:
    """Return the folder that holds the queue and the drawings; it need not exist yet.

    Raises SettingsError when `DRAWSCAPE_HOME` is set to something that is not a folder.

    >>> home().is_absolute()
    True
    """
    named = os.environ.get("DRAWSCAPE_HOME")
    if named:
        folder = _path(named)
        if os.path.lexists(folder) and not os.path.isdir(folder):  # a link to itself, too
            raise SettingsError(
                f"DRAWSCAPE_HOME={named!r} is not a folder; name a folder or unset it"
            )
        return folder
    here = _working_folder()
    for folder in (here, *here.parents):
        if not _is_everybodys(folder) and (
            (folder / ".drawscape").is_dir() or _project_table(folder) is not None
        ):
            return folder
    if not _is_everybodys(here) and any((here / "workers").glob("*.py")):
        return here
    return _user_data_folder()


def _is_everybodys(folder: Path) -> bool:
    """Return whether it is shared by all users: the root, or a folder such as /tmp."""
    if folder == folder.parent:
        return True
    with contextlib.suppress(OSError):
        return os.stat(folder).st_mode & _EVERYBODYS == _EVERYBODYS
    return False


def _path(named: str) -> Path:
    """Return the path that a variable names; a relative one begins at the first working folder."""
    if named.startswith("/"):
        return Path(named)
    return _working_folder() / _expanded(named)


def _expanded(named: str) -> Path:
    """Return the path with the user's folder for a `~` at its start."""
    try:
        return Path(named).expanduser()
    except RuntimeError:  # no HOME, and a user unknown to the system
        raise SettingsError(
            f"{named!r}: this user has no folder; set HOME, or DRAWSCAPE_HOME to a folder"
        ) from None


@cache
def _working_folder() -> Path:
    """Return the working folder of the first call: a notebook that changes it keeps its queue."""
    return Path.cwd()


def _project_table(folder: Path) -> dict[str, Any] | None:
    """Return the settings of a project: its `drawscape.toml`, or `[tool.drawscape]` in pyproject.toml.

    None if `folder` is not a project. Raises SettingsError for a broken file and for an unknown key.
    """
    for name in ("drawscape.toml", "pyproject.toml"):
        file = f"{folder}/{name}"  # as text: this is asked at each enqueue
        try:
            found = _read_table(file, os.stat(file).st_mtime_ns)
        except OSError:  # missing, or another user's
            continue
        if found is not None:
            return found
    return None


@lru_cache(maxsize=64)
def _read_table(file: str, _modified_ns: int) -> dict[str, Any] | None:
    text = Path(file).read_text(encoding="utf-8", errors="replace")
    own = file.endswith("drawscape.toml")
    if not own and "tool.drawscape" not in text:
        return None  # most pyproject.toml files, even broken ones
    import tomllib

    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file}: {error}") from None
    table = found if own else found.get("tool", {}).get("drawscape")
    if table is None:
        return None
    for key, value in table.items():
        if key not in (*_PROJECT_LISTS, *_PROJECT_TEXTS):
            known = ", ".join((*_PROJECT_LISTS, *_PROJECT_TEXTS))
            raise SettingsError(f"{file}: unknown setting {key!r}; known: {known}")
        if key in _PROJECT_TEXTS:
            if not isinstance(value, str):
                raise SettingsError(f"{file}: {key} = {value!r}; give a text in quotes")
        elif not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise SettingsError(f"{file}: {key} = {value!r}; give a list of strings")
    return table


def is_project(folder: Path) -> bool:
    """Return whether `folder` is marked as a Drawscape project.

    >>> is_project(home())
    False
    """
    return _project_table(folder) is not None


def _project_settings(project: Path | None = None) -> dict[str, Any]:
    """Return the settings of a project, by default of the home. Another folder has none."""
    return _project_table(project or home()) or {}


def is_user_folder() -> bool:
    """Return whether the home is the user's data folder.

    >>> is_user_folder()
    False
    """
    return not os.environ.get("DRAWSCAPE_HOME") and home() == _user_data_folder()


def _user_data_folder() -> Path:
    if sys.platform == "darwin":
        return _expanded("~/Library/Application Support/drawscape")
    return _expanded(os.environ.get("XDG_DATA_HOME") or "~/.local/share") / "drawscape"


def state_folder() -> Path:
    """Return the home's `.drawscape/`, created if necessary, readable only by its owner.

    >>> state_folder().name
    '.drawscape'
    """
    folder = home() / ".drawscape"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def queue_target(project: Path | None = None) -> str:
    """Return the path of the queue's file, or the `postgresql://` URL in `DRAWSCAPE_QUEUE`.

    The file is `queue.db` in the home's `.drawscape/` unless that variable names another.
    Here and below, `project` is the home if the caller has already looked it up.
    Raises SettingsError for other or misspelt URLs.

    >>> Path(queue_target()).name
    'queue.db'
    """
    named = os.environ.get("DRAWSCAPE_QUEUE", "")
    if not named:
        return f"{project or home()}/.drawscape/queue.db"
    if named.startswith(_POSTGRES):
        return named
    scheme, colon, _ = named.partition("/")[0].partition(":")
    if colon:  # the rest may contain a password, and is not shown
        raise SettingsError(
            f"DRAWSCAPE_QUEUE begins with '{scheme[:20]}:', which is no queue; "
            "give the path of a file, or a URL that begins with postgresql://"
        )
    return str(_path(named))


def lease_s() -> float:
    """Return how many seconds a silent worker on Postgres counts as alive: `DRAWSCAPE_LEASE`.

    Raises SettingsError for less than 3 seconds, or for text that is not a duration.

    >>> lease_s()
    60.0
    """
    named = os.environ.get("DRAWSCAPE_LEASE", "60s")
    try:
        span_s = seconds(named, "DRAWSCAPE_LEASE")
    except ValueError:
        span_s = 0.0
    if span_s < _SHORTEST_LEASE_S:
        raise SettingsError(
            f"DRAWSCAPE_LEASE={named!r}: give {_SHORTEST_LEASE_S:g} seconds or more, such as '60s'"
        )
    return span_s


def queue_key() -> bytes | None:
    """Return the key that signs the queue's messages if `DRAWSCAPE_QUEUE_KEY` gives one, else None.

    Raises SettingsError for fewer than 32 characters.

    >>> queue_key() is None
    True
    """
    text = os.environ.get("DRAWSCAPE_QUEUE_KEY")
    if not text:
        return None
    if len(text) < _KEY_CHARS:
        raise SettingsError(
            f"DRAWSCAPE_QUEUE_KEY has {len(text)} characters; give {_KEY_CHARS} or more, chosen at random"
        )
    return hashlib.blake2b(text.encode(), digest_size=32).digest()


def shared_output() -> str:
    """Return the value of `DRAWSCAPE_OUTPUT`, an empty text when it is not set.

    >>> shared_output()
    ''
    """
    return os.environ.get("DRAWSCAPE_OUTPUT", "")


def output_of(home: Path) -> Path:
    """Return the output folder of a home: the one in `DRAWSCAPE_OUTPUT`, else its `output/`.

    Raises SettingsError for a URL.

    >>> output_of(Path("/studio")).as_posix()
    '/studio/output'
    """
    named = shared_output()
    if not named:
        return home / "output"
    scheme, is_url, _ = named.partition("://")
    if is_url:  # the rest may contain a password
        raise SettingsError(
            f"DRAWSCAPE_OUTPUT={scheme}://... is a URL; name a folder that is mounted here"
        )
    return _expanded(named).absolute()


def output_folder() -> Path:
    """Return the folder for all drawings, created if necessary.

    It is the home's `output/`, or the folder that `DRAWSCAPE_OUTPUT` names.

    >>> output_folder() == home() / "output"
    True
    """
    folder = output_of(home())
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def output_path(filename: StrPath, suffix: str = "") -> Path:
    """Return the absolute path of `filename` inside `output/`, and create its folder.

    `suffix` is added to a name without it. Raises ForbiddenPathError for an empty or absolute
    name and for one that leads out of `output/`.

    >>> output_path("cards/ada.svg").relative_to(output_folder()).as_posix()
    'cards/ada.svg'
    """
    name = os.fspath(filename)
    name += "" if name.lower().endswith(suffix) else suffix
    folder = output_folder().resolve()
    if not name.strip() or "\0" in name:
        raise ForbiddenPathError(
            f"output file {name!r}: a file name is needed, such as 'spiral.svg'"
        )
    path = (folder / name).resolve()
    if Path(name).is_absolute() or path == folder or not path.is_relative_to(folder):
        raise ForbiddenPathError(
            f"output file {name!r} leads out of the output folder; give a name relative to it"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


_LONGEST_NAME = 60


def web_address() -> str:
    """Return the address of the home's web front, '' while none runs.

    >>> web_address()
    ''
    """
    with contextlib.suppress(OSError):
        return (home() / ".drawscape" / _WEB_ADDRESS).read_text()
    return ""


@contextlib.contextmanager
def web_address_noted(address: str) -> Iterator[None]:
    """Note the web front's address during the block.

    >>> with web_address_noted("http://localhost:8000"):
    ...     web_address()
    'http://localhost:8000'
    """
    file = state_folder() / _WEB_ADDRESS
    file.write_text(address)
    try:
        yield
    finally:
        if web_address() == address:  # otherwise another has taken over
            file.unlink(missing_ok=True)


def safe_name(text: str, fallback: str = "drawing") -> str:
    """Return `text` as part of a file name: letters, digits, `-`, `_`; never empty or dotted.

    >>> safe_name("Åse's rose, no. 7")
    'Ase_s_rose_no_7'
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9-]+", "_", plain).strip("_-")[:_LONGEST_NAME].strip("_-")
    return name or fallback


class NamedFile(str):
    """The path of a file that the user has named on the command line: it may be in any folder."""

    __slots__ = ()


def named_file(name: str) -> str:
    """Return `name`, read from the working directory, as a path that tasks may read.

    A file in the home gets its name there, any other its absolute path. Without such a file, `name` is
    returned.

    >>> named_file("no-such-file.jpg")
    'no-such-file.jpg'
    """
    file = Path(name).absolute()
    if not os.path.isfile(file):
        return name
    folder, top = file.parent.resolve(), home().resolve()
    if folder.is_relative_to(top):
        return (folder.relative_to(top) / file.name).as_posix()
    return NamedFile(folder / file.name)


def readable_path(filename: StrPath) -> Path:
    """Return the absolute path of an existing file that a task may read.

    Relative names are looked up under the home. Allowed are the home, the output folder, and the folders in
    `DRAWSCAPE_DATA_DIRS` (separated as `PATH` is) and in the project's `data-dirs`. `.drawscape/` is not: it
    holds the key and the payloads of all jobs. Links are followed before the check. A NamedFile may be
    anywhere else.
    Raises ForbiddenPathError for other folders, FileNotFoundError if there is no such file.

    >>> _ = (home() / "notes.txt").write_text("a line")
    >>> readable_path("notes.txt").name
    'notes.txt'
    """
    name = os.fspath(filename)
    if "\0" in name:
        raise ForbiddenPathError(f"file {name!r}: a path holds no NUL")
    path = (home() / name).resolve()
    named = os.environ.get("DRAWSCAPE_DATA_DIRS", "").split(os.pathsep)
    folders = [home(), output_of(home()), *map(Path, filter(None, named))]
    folders += [home() / folder for folder in _project_settings().get("data-dirs", ())]
    allowed = [*dict.fromkeys(folder.resolve() for folder in folders)]
    is_allowed = any(path.is_relative_to(folder) for folder in allowed)
    if not is_allowed and not isinstance(filename, NamedFile):
        raise ForbiddenPathError(
            f"file {name!r} is outside of {', '.join(map(str, allowed))}; "
            "add its folder to DRAWSCAPE_DATA_DIRS to allow it"
        )
    if path.is_relative_to(home().resolve() / ".drawscape"):
        raise ForbiddenPathError(f"file {name!r} is the queue's own; tasks do not read .drawscape/")
    if not path.is_file():
        raise FileNotFoundError(f"no file {name!r} (looked for {path})")
    return path


def task_modules(project: Path | None = None) -> tuple[str, ...]:
    """Return the packages and modules that may hold tasks.

    They are the library's own `drawscape.tasks`, the project's `workers`, those that the project's
    `task-modules` names, and `DRAWSCAPE_TASK_MODULES`, separated by commas.

    >>> task_modules()[:2]
    ('drawscape.tasks', 'workers')
    """
    named = os.environ.get("DRAWSCAPE_TASK_MODULES", "").split(",")
    more = filter(None, map(str.strip, named))
    return tuple(dict.fromkeys((*LIBRARY_TASK_MODULES, *project_task_modules(project), *more)))


def project_task_modules(project: Path | None = None) -> tuple[str, ...]:
    """Return the task modules in the project's own settings, as the file is now.

    >>> project_task_modules()
    ()
    """
    return tuple(_project_settings(project).get("task-modules", ()))


def notify_command() -> list[str]:
    """Return the command that tells a person about a plot, as words: `notify` in the project's file.

    It is called with a text and the plot's id as its last arguments.

    >>> notify_command()
    []
    """
    return shlex.split(_project_settings().get("notify", ""))


def notify_url() -> str:
    """Return the URL to which a text about a plot is posted: `notify_url` in the project's file.

    Raises SettingsError for one that does not begin with http:// or https://.

    >>> notify_url()
    ''
    """
    url = _project_settings().get("notify_url", "")
    if url and not url.startswith(("http://", "https://")):
        raise SettingsError(f"notify_url = {url!r}; give a URL that begins with https://")
    return url


def sketches_folder() -> Path:
    """Return the folder of the project's own sketches; it need not exist.

    >>> sketches_folder().name
    'sketches'
    """
    return Path(os.environ.get(CODE_FOLDER) or home()) / "sketches"
