"""What stands between the queue and its Postgres, and harms their connections."""

import contextlib
import socket
import threading


class Proxy:
    """Passes bytes between clients and the server on `port`, or lets them vanish without a word."""

    def __init__(self, port: int) -> None:
        self._server_port = port
        self._silent = threading.Event()
        self._deaf: frozenset[socket.socket] = frozenset()
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def url_of(self, url: str) -> str:
        """Return the URL by which the schema of `url` is reached through this."""
        schema = url.rpartition("application_name=")[2]
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres?application_name={schema}"

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._sockets.append(client)
                if self._silent.is_set():
                    continue
                try:
                    server = socket.create_connection(("127.0.0.1", self._server_port))
                except OSError:  # the server is away
                    client.close()
                    continue
                self._sockets.append(server)
                for ends in ((client, server), (server, client)):
                    threading.Thread(target=self._pass_on, args=ends, daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if self._lets_pass(source, sink):
                    sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)
        source.close()

    def _lets_pass(self, source: socket.socket, sink: socket.socket) -> bool:
        return not (self._silent.is_set() or source in self._deaf)

    def cut(self) -> None:
        self._silent.set()

    def leave(self) -> None:
        """Refuse connections, and end those that are there."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.heal()

    def come_back(self) -> None:
        """Serve again, by the same port."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def swallow(self) -> None:
        """Let what comes by the present connections vanish; new ones are served."""
        self._deaf = frozenset(self._sockets)

    def heal(self) -> None:
        self._silent.clear()
        for one in self._sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._sockets.clear()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)  # else it accepts one more
        self._listener.close()
        self.heal()
