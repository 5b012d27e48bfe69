"""Poolers in front of a test's Postgres: pgbouncer where it is installed, and the least that one does.

The latter shares sessions between clients as pgbouncer does: a client has one for a transaction, or as long
as it is there, and the process number that it is given is not the server's.
"""

import contextlib
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict
from support import free_port, wait_until

_ENCRYPTION = (80877103, 80877104)  # requests that come before the start
PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
KINDS = ["ours", *(["pgbouncer"] if PGBOUNCER else [])]


@contextlib.contextmanager
def pooler(kind: str, url: str, mode: str) -> Iterator[str]:
    """Yield the URL of a pooler before the server at `url`; `mode` is `transaction` or `session`."""
    with (_pgbouncer if kind == "pgbouncer" else _ours)(url, mode) as port:
        yield f"postgresql://postgres@127.0.0.1:{port}/postgres"


@contextlib.contextmanager
def _pgbouncer(url: str, mode: str) -> Iterator[int]:
    known, port = conninfo_to_dict(url), free_port()
    folder = Path(tempfile.mkdtemp(prefix="pooler-"))
    (folder / "ini").write_text(
        f"[databases]\npostgres = host={known['host']} port={known['port']} user=postgres\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = any\npool_mode = {mode}\n"
    )
    folder.chmod(0o755)
    who: dict[str, Any] = {"user": "nobody"} if os.geteuid() == 0 else {}
    process = subprocess.Popen(
        [str(PGBOUNCER), "-q", str(folder / "ini")], stderr=subprocess.DEVNULL, **who
    )
    try:
        wait_until(lambda: _listens(port), what="pgbouncer to start")
        yield port
    finally:
        process.kill()  # a request to end would wait for its clients
        process.wait(60)
        shutil.rmtree(folder)


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
        return True
    return False


@contextlib.contextmanager
def _ours(url: str, mode: str) -> Iterator[int]:
    one = _Pooler(url, mode)
    try:
        yield one.listener.getsockname()[1]
    finally:
        one.listener.close()


class _Pooler:
    def __init__(self, url: str, mode: str) -> None:
        self._known = conninfo_to_dict(url)
        self._serve_client = self._by_transaction if mode == "transaction" else self._by_session
        self._free: list[socket.socket] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError, EOFError):
            while struct.unpack("!i", _start(client)[:4])[0] in _ENCRYPTION:
                client.sendall(b"N")
            self._serve_client(client)

    def _session(self) -> tuple[socket.socket, bytes]:
        """Return a new session with the server, and the parameters that it has shown."""
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{self._known['host']}/.s.PGSQL.{self._known['port']}")
        start = struct.pack("!i", 196608) + b"user\0postgres\0database\0postgres\0\0"
        server.sendall(struct.pack("!i", len(start) + 4) + start)
        shown = b""
        while (message := _message(server))[:1] != b"Z":
            shown += message if message[:1] == b"S" else b""
        return server, shown

    def _greeted(self, client: socket.socket, shown: bytes) -> None:
        authenticated = b"R" + struct.pack("!ii", 8, 0)
        number = b"K" + struct.pack("!iii", 12, 4_000_000, 1)
        client.sendall(authenticated + shown + number + b"Z" + struct.pack("!i", 5) + b"I")

    def _by_session(self, client: socket.socket) -> None:
        server, shown = self._session()
        self._greeted(client, shown)

        def pass_on(source: socket.socket, sink: socket.socket) -> None:
            with contextlib.suppress(OSError):
                while data := source.recv(65536):
                    sink.sendall(data)
                sink.shutdown(socket.SHUT_RDWR)

        threading.Thread(target=pass_on, args=(server, client), daemon=True).start()
        pass_on(client, server)

    def _by_transaction(self, client: socket.socket) -> None:
        server, shown = self._session()
        self._free.append(server)
        self._greeted(client, shown)
        server = None
        while True:
            asked = b""
            while asked[-5:-4] != b"S":  # synchronise: the client waits for its answers
                message = _message(client)
                asked += message
                if message[:1] == b"Q":
                    break
                if message[:1] == b"X":
                    return
            server = server or (self._free.pop(0) if self._free else self._session()[0])
            server.sendall(asked)
            while (answer := _message(server))[:1] != b"Z":
                client.sendall(answer)
            if answer[5:] == b"I":  # idle: no transaction is open
                self._free.append(server)
                server = None
            client.sendall(answer)


def _exactly(source: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = source.recv(count - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def _start(client: socket.socket) -> bytes:
    return _exactly(client, struct.unpack("!i", _exactly(client, 4))[0] - 4)


def _message(source: socket.socket) -> bytes:
    head = _exactly(source, 5)
    return head + _exactly(source, struct.unpack("!i", head[1:])[0] - 4)
