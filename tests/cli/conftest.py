"""A real terminal for the commands that look different on one."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios

import click
import pytest


class Terminal:
    """`drawscape ARGUMENTS` at a terminal of 24 lines."""

    def __init__(self, arguments, columns):
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        os.set_blocking(self._master, False)
        self.text = ""
        # COLUMNS, which a parallel run of the tests sets, would outdo the terminal's own size.
        inherited = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "drawscape", *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            env={**inherited, "TERM": "xterm", "NO_COLOR": "1"},
        )
        os.close(slave)

    def read(self):
        """Return what appeared that `shows` has not passed over."""
        try:
            while data := os.read(self._master, 65_536):
                self.text += data.decode("utf-8", "replace")
        except OSError:  # nothing there yet, or the other side is closed
            pass
        self.text = click.unstyle(self.text)
        return self.text

    def shows(self, words):
        """Whether `words` appeared since the last time that they did."""
        _, found, rest = self.read().partition(words)
        self.text = rest if found else self.text
        return bool(found)

    def ended(self):
        """Whether the command is over; reads on meanwhile, for a full terminal holds it up."""
        self.read()
        return self.process.poll() is not None

    def press(self, key):
        """Type."""
        os.write(self._master, key)

    def close(self):
        """Kill what still runs."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._master)


@pytest.fixture
def terminal():
    """Open terminals that are closed at the end of the test."""
    opened = []

    def open_one(*arguments, columns):
        opened.append(Terminal(arguments, columns))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()
