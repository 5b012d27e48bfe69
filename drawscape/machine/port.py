"""A serial port, and the board behind it: found by its own name when the port's name has changed."""

import contextlib
import errno
import os
import termios
import time
from pathlib import Path
from typing import Any

from drawscape.errors import MachineError, MissingExtraError

_READ_S = 0.02
_TAKEN_S = 3.0
"""How long a port may be taken: a program that has just started briefly holds what its parent had."""


class Port:
    """A serial port; all its errors are MachineErrors with a remedy."""

    def __init__(self, path: str, baudrate: int) -> None:
        self.path = path
        self._serial = _opened(path, baudrate)
        with contextlib.suppress(OSError, termios.error):  # not a terminal
            # DTR stays when the port is closed: opening it again then resets no Arduino.
            attributes = termios.tcgetattr(self._serial.fileno())
            attributes[2] &= ~termios.HUPCL
            termios.tcsetattr(self._serial.fileno(), termios.TCSANOW, attributes)

    def read(self) -> bytes:
        """Return the bytes that have arrived, after at most 20 ms."""
        try:
            data = self._serial.read(self._serial.in_waiting or 1)
        except (OSError, TypeError):  # TypeError: pyserial's own, of a port closed meanwhile
            raise self._gone("broke; check cable and power") from None
        return data

    def write(self, data: bytes) -> None:
        """Send bytes."""
        try:
            self._serial.write(data)
        except OSError as error:
            is_full = "timeout" in str(error).lower()
            full = "takes no more data; is the machine switched on?"
            raise self._gone(full if is_full else "broke; check cable and power") from None

    def _gone(self, why: str) -> MachineError:
        return MachineError(f"the connection to {self.path} {why}, then resume the plot")

    def close(self) -> None:
        """Close the port and drop unsent bytes."""
        with contextlib.suppress(OSError):
            self._serial.close()


def _opened(path: str, baudrate: int) -> Any:
    try:
        import serial
    except ImportError:
        raise MissingExtraError("driving a plotter", "machine") from None
    until = time.monotonic() + _TAKEN_S
    while True:
        try:
            return serial.serial_for_url(
                path, baudrate=baudrate, timeout=_READ_S, write_timeout=3.0, exclusive=True
            )
        except (OSError, ValueError, termios.error) as error:  # SerialException is an OSError
            if not _is_taken(error) or time.monotonic() > until:
                raise MachineError(_port_trouble(path, error)) from None
        time.sleep(_READ_S)


def _is_taken(error: Exception) -> bool:
    code = getattr(error, "errno", None)
    return code in (errno.EBUSY, errno.EAGAIN) or "lock" in str(error).lower()


def _port_trouble(path: str, error: Exception) -> str:
    code = getattr(error, "errno", None)
    if code in (errno.EACCES, errno.EPERM):
        join = "join its group with `sudo usermod -aG dialout $USER`, then log in again"
        return f"no right to open {path}; {join}"
    if code == errno.ENOENT or not os.path.exists(path):
        return f"there is no port {path}; is the machine plugged in? `drawscape doctor` lists ports"
    if _is_taken(error):
        return (
            f"port {path} is in use by another program; close that first. ModemManager and brltty "
            "open new ports by themselves: remove them, or stop their services"
        )
    return f"port {path} cannot be opened: {error}"


def board_at(port: str) -> str:
    """Return the name of the board at a port, by vendor, product and serial number; empty if unknown.

    Linux names each USB board by a link in /dev/serial/by-id. Boards without a serial number, such as
    EiBotBoards without a nickname, share a name. Then the name is that of the USB socket.
    """
    names = _ports_by(sockets_folder() if shares_its_name(port) else boards_folder())
    here = os.path.realpath(port)
    return next((name for name, path in names.items() if path == here), "")


def port_of(board: str, port: str) -> str:
    """Return the port where `board` is now; `port` is where it was.

    Raises MachineError when another board has that port, or the name of the board.
    """
    if not board:
        return port
    places = [folder / board for folder in (boards_folder(), sockets_folder())]
    if places[0].exists() and shares_its_name(places[0]):
        raise MachineError(
            f"two boards have the name {board}; add this machine again to know it by its USB socket, "
            f"or give each board a nickname: {NICKNAME}"
        )
    for link in places:
        if link.exists():
            return str(link)
    if other := board_at(port):
        raise MachineError(
            f"another board is at {port}: {other}, not {board}; plug in the machine, or add it again"
        )
    return port


NICKNAME = "send `ST,NAME` and `RB` to an EiBotBoard in a serial terminal"


def shares_its_name(port: str | Path) -> bool:
    """Whether another board may share the name of the one at `port`: then one has only a socket's link.

    Boards of one name have one kind of port, such as ttyACM or ttyUSB.
    """
    named = _ports_by(boards_folder()).values()
    unnamed = [path for path in _ports_by(sockets_folder()).values() if path not in named]
    return _kind(os.path.realpath(port)) in map(_kind, unnamed)


def _kind(path: str) -> str:
    return path.rstrip("0123456789")


def _ports_by(folder: Path) -> dict[str, str]:
    """Return the port of each link in a folder by its name."""
    with contextlib.suppress(OSError):
        return {link.name: os.path.realpath(link) for link in sorted(folder.iterdir())}
    return {}


def boards_folder() -> Path:
    """Return the folder of links from boards to ports: `DRAWSCAPE_BOARDS`, or where Linux keeps it."""
    return Path(os.environ.get("DRAWSCAPE_BOARDS") or "/dev/serial/by-id")


def sockets_folder() -> Path:
    """Return the folder of links from USB sockets to ports, beside that of the boards."""
    return boards_folder().with_name("by-path")
