"""The messages between a worker and its child."""

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

    def send(self, content: tuple[Any, ...]) -> None:
        data = marshal.dumps(content)
        data = len(data).to_bytes(_LENGTH_BYTES) + data
        sent = os.write(self.descriptor, data)
        while sent < len(data):
            sent += os.write(self.descriptor, memoryview(data)[sent:])

    def receive(self) -> list[Any]:
        """Wait until something comes; return the complete messages. Raises EOFError at the end."""
        try:
            data = os.read(self.descriptor, 1 << 16)
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
