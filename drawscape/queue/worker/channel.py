"""The messages between a worker and its child."""

import contextlib
import marshal
import os
from multiprocessing.connection import Connection
from typing import Any

_LENGTH_BYTES = 8

READY, PROGRESS, DONE = "ready", "progress", "done"
"""What a message from the child says."""


class Channel:
    """Messages over a socket: each is marshalled, and comes after its length."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection  # whose end would close it
        self.descriptor = connection.fileno()
        self._data = bytearray()
        self.unsent = memoryview(b"")
        """The rest of a message that the socket has not taken; only one that does not block leaves any."""

    def send(self, content: tuple[Any, ...]) -> None:
        """Send a message, until the socket is full; raise OSError when the other end is closed."""
        data = marshal.dumps(content)
        self.unsent = memoryview(len(data).to_bytes(_LENGTH_BYTES) + data)
        self.send_rest()

    def send_rest(self) -> None:
        """Continue with the `unsent` rest, until the socket is full."""
        with contextlib.suppress(BlockingIOError):
            while self.unsent:
                self.unsent = self.unsent[os.write(self.descriptor, self.unsent) :]

    def receive(self) -> list[Any]:
        """Return the complete messages, once something has come. Raises EOFError at the end."""
        try:
            data = os.read(self.descriptor, 1 << 16)
        except BlockingIOError:
            return []
        except OSError as error:
            raise EOFError from error
        if not data:
            raise EOFError
        self._data += data
        found, start = [], 0
        while len(self._data) - start >= _LENGTH_BYTES:
            begin = start + _LENGTH_BYTES
            end = begin + int.from_bytes(self._data[start:begin])
            if end > len(self._data):
                break
            found.append(marshal.loads(memoryview(self._data)[begin:end]))
            start = end
        del self._data[:start]
        return found
