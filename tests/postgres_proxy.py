"""What stands between a worker and its server: a proxy that can be cut."""

import contextlib
import socket
import threading

from psycopg.conninfo import conninfo_to_dict


class Proxy:
    """Passes bytes between clients and a server, or lets them vanish without a word.

    The server is on a port of this machine, or on a socket in a file.
    """

    def __init__(self, server):
        self._server = server
        self._silent = threading.Event()
        self._sockets = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @classmethod
    def before(cls, url):
        """Return one before the server at `url`."""
        known = conninfo_to_dict(url)
        host, port = str(known["host"]), int(known.get("port") or 5432)
        return cls(f"{host}/.s.PGSQL.{port}" if host.startswith("/") else port)

    def url_of(self, url):
        """Return the URL by which the schema of `url` is reached through this."""
        schema = url.rpartition("application_name=")[2]
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres?application_name={schema}"

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._sockets.append(client)
                if not self._silent.is_set():
                    threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            server = self._connected()
        except OSError:  # the server is away
            client.close()
            return
        self._sockets.append(server)
        for ends in ((client, server), (server, client)):
            threading.Thread(target=self._pass_on, args=ends, daemon=True).start()

    def _connected(self):
        if isinstance(self._server, int):
            return socket.create_connection(("127.0.0.1", self._server))
        made = socket.socket(socket.AF_UNIX)
        made.connect(self._server)
        return made

    def _pass_on(self, source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if not self._silent.is_set():
                    sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)
        source.close()

    def cut(self):
        self._silent.set()

    def leave(self):
        """Refuse connections, and end those that are there."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.heal()

    def come_back(self):
        """Serve again, by the same port."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def heal(self):
        self._silent.clear()
        for one in self._sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._sockets.clear()

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)  # else it accepts one more
        self._listener.close()
        self.heal()
