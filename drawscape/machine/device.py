"""The machines of a home, each with its port and settings in one JSON file."""

import fcntl
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson

from drawscape import settings
from drawscape.atomic import write_atomic
from drawscape.errors import MachineBusyError, MachineError, PlotError, UnknownNameError
from drawscape.machine.driver import Driver, Place
from drawscape.machine.ebb import EbbDriver
from drawscape.machine.grbl import GrblDriver
from drawscape.machine.hpgl import HpglDriver
from drawscape.machine.marlin import MarlinDriver
from drawscape.machine.port import Port, board_at, port_of
from drawscape.plot.gcode_profile import PROFILES
from drawscape.plot.known_machines import LiftName, Machine, read_machine

_REMEMBERED = ("marker", "zero", "zero_z", "corner", "reach", "hold_ms")
"""What a driver knows about the pen's position, kept between two runs."""

_BAUD = (115200, 250000, 57600, 38400, 9600)
"""Usual baud rates of plotter firmware."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,50}")
_KINDS: dict[str, tuple[type[Driver], str]] = {
    "ebb": (EbbDriver, "axidraw-v3"),
    "grbl": (GrblDriver, "grbl"),
    "marlin": (MarlinDriver, "marlin"),
    "hpgl": (HpglDriver, "hp7475a"),
    "simulator": (EbbDriver, "axidraw-v3"),
}
DRIVERS = tuple(_KINDS)


@dataclass(frozen=True, kw_only=True)
class Device:
    """A named machine: its driver, port, profile, settings, and measured values.

    `profile` is a name of machines.toml or of a G-code profile, or the path of a TOML file. `board` is the
    name of the USB board that was at the port. `settings` are speed and heights in percent, `offsets` mm by
    a pen's number or name. `memory` lets the driver find its position again, and holds the reach that the
    machine reported. `factor` is measured time divided by estimated time.
    """

    name: str
    driver: str
    port: str
    profile: str | None = None
    board: str = ""
    baud: int | None = None
    lift: LiftName | None = None
    settings: dict[str, float] = field(default_factory=dict)
    offsets: dict[str, list[float]] = field(default_factory=dict)
    memory: dict[str, Any] = field(default_factory=dict)
    factor: float = 1.0

    @property
    def machine(self) -> Machine:
        """Its reach, speeds and commands. Raises PlotError, UnknownNameError."""
        machine = self._named_machine
        if self.lift is not None:
            machine = machine.with_lift(self.lift)
        if reach := self.memory.get("reach"):
            width, height = reach
            if self.profile is not None:  # it may allow for an obstacle
                width, height = min(width, machine.width_mm), min(height, machine.height_mm)
            machine = replace(machine, width_mm=width, height_mm=height)
        return machine

    @property
    def limits(self) -> tuple[Place, Place]:
        """The lowest and the highest place that it reaches, in mm from the sheet's corner, as last known."""
        machine, zero = self.machine, self.memory.get("zero")
        x = y = 0.0
        if zero is not None and (corner := self.memory.get("corner")):
            x, y = corner[0] - zero[0], corner[1] - zero[1]
        return (x, y), (x + machine.width_mm, y + machine.height_mm)

    @property
    def _named_machine(self) -> Machine:
        machine = read_machine(_KINDS[self.driver][1])
        if self.profile is None:
            return machine
        if self.profile in PROFILES and machine.format == "gcode":
            return machine.with_profile(PROFILES[self.profile])
        own = read_machine(self.profile)
        if own.format != machine.format:
            raise PlotError(
                f"profile {self.profile!r} is for {own.format}, and the driver {self.driver!r} is not"
            )
        return own

    def save(self) -> "Device":
        """Write the machine's file."""
        settings.state_folder()  # readable by its owner only
        folder().mkdir(exist_ok=True)
        text = orjson.dumps(asdict(self), option=orjson.OPT_INDENT_2)
        write_atomic(folder() / f"{self.name}.json", [text])
        return self

    def update(self, **values: Any) -> "Device":
        """Update the machine's file, read again first; settings and offsets are merged."""
        lock = settings.state_folder() / "machines.lock"
        # A removed machine stays removed.
        with suppress(UnknownNameError), locked(lock, 10.0, "another program changes a machine"):
            now = read_device(self.name)
            for name in ("settings", "offsets"):
                values[name] = {**getattr(now, name), **values.get(name, {})}
            return replace(now, **values).save()
        return self

    def remember(self, driver: Driver) -> None:
        """Save the driver's state, so that it can find the machine's position again."""
        self.update(memory={name: getattr(driver, name) for name in _REMEMBERED})

    @contextmanager
    def opened(
        self,
        *,
        patience_s: float = 10.0,
        holder: str = "another command; try again when it has ended",
    ) -> Iterator[Driver]:
        """Open the port and yield its driver, while nobody else can.

        `holder` tells others who uses the machine. Raises MachineBusyError with the other's `holder` after
        `patience_s`, MachineError when the port cannot be opened.
        """
        lock = folder() / f"{self.name}.lock"
        with locked(lock, patience_s, lambda: self._busy_words(lock)):
            with suppress(OSError):  # a full disk must not prevent lifting a pen
                lock.write_text(holder)
            kind = _KINDS[self.driver][0]
            path = self._simulated() if self.driver == "simulator" else self.place
            baud = int(self.baud or self.settings.get("baudrate", kind.baudrate))
            with closing(Port(path, baud)) as port:
                driver = kind(port, self.machine, dict(self.settings))
                _remind(driver, read_device(self.name).memory)  # again: others may have used it
                yield driver

    def _busy_words(self, lock: Path) -> str:
        holder = lock.read_text() or "a plot; stop that first"  # version 0.4 wrote nothing
        return f"machine {self.name!r} is busy with {holder}"

    @property
    def place(self) -> str:
        """The port where its board is now. Raises MachineError when another board is there."""
        return port_of(self.board, self.port)

    def _simulated(self) -> str:
        """Return the path of this machine's simulator, started if necessary."""
        link = folder() / f"{self.name}.pty"
        if simulator_process(self.name) is not None and link.exists():
            return str(link)
        link.unlink(missing_ok=True)
        scale = self.port.rstrip("x")
        null = subprocess.DEVNULL
        started = subprocess.Popen(
            [sys.executable, "-m", "drawscape.machine.simulator", str(link), scale],
            start_new_session=True, stdin=null, stdout=null, stderr=null,
        )  # fmt: skip
        (folder() / f"{self.name}.pid").write_text(str(started.pid))
        until = time.monotonic() + 20
        while not link.exists():
            if time.monotonic() > until or started.poll() is not None:
                raise MachineError(f"the simulator of {self.name!r} does not start")
            time.sleep(0.01)
        return str(link)


def _remind(driver: Driver, memory: dict[str, Any]) -> None:
    """Restore the driver's state from the machine's last use."""
    if "zero_z" not in memory and memory.get("zero") == [0.0, 0.0]:  # version 0.4 had no "not set"
        memory = {**memory, "zero": None}
    for name in _REMEMBERED:
        value = memory.get(name, getattr(driver, name))
        setattr(driver, name, tuple(value) if isinstance(value, list) else value)


@contextmanager
def locked(path: Path, patience_s: float, trouble: str | Callable[[], str]) -> Iterator[None]:
    """Hold the lock of a file; its owner's death releases it. Raises MachineBusyError."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        until = time.monotonic() + patience_s
        while not try_lock(handle, fcntl.LOCK_EX):
            if time.monotonic() > until:
                raise MachineBusyError(trouble if isinstance(trouble, str) else trouble())
            time.sleep(0.01)
        yield
    finally:
        os.close(handle)


def try_lock(handle: int, how: int) -> bool:
    """Take a lock of an open file if nobody holds it; return whether it was taken."""
    with suppress(BlockingIOError):
        fcntl.flock(handle, how | fcntl.LOCK_NB)
        return True
    return False


def simulator_process(name: str) -> int | None:
    """Return the process of a machine's simulator, None when it does not run."""
    with suppress(OSError, ValueError):
        pid = int((folder() / f"{name}.pid").read_text())
        command = Path(f"/proc/{pid}/cmdline")
        os.kill(pid, 0)
        if not command.exists() or b"simulator" in command.read_bytes():
            return pid
    return None


def folder() -> Path:
    """Return the folder of this home's machine files."""
    return settings.home() / ".drawscape" / "machines"


def add_device(
    name: str,
    driver: str,
    port: str,
    profile: str | None = None,
    *,
    baud: int | None = None,
    lift: LiftName | None = None,
) -> Device:
    """Save a machine under a name. An existing one keeps its settings and stored position.

    `baud` is the speed of its serial line, `lift` is `standard` or `brushless` for an AxiDraw or NextDraw.
    Raises PlotError for a name that cannot be used, UnknownNameError for a driver, profile or lift.
    """
    if not _NAME.fullmatch(name):
        raise PlotError(f"machine name {name!r}: use 1 to 50 of A-Z a-z 0-9 _ -, such as 'desk'")
    if driver not in DRIVERS:
        raise UnknownNameError("driver", driver, DRIVERS)
    if driver == "simulator" and not re.fullmatch(r"\d+(\.\d+)?x?", port):
        raise PlotError(f"port {port!r}: the simulator's is how fast it is, such as 10x")
    if profile is not None and profile.endswith(".toml"):
        profile = str(Path(profile).absolute())
    board = board_at(port)
    device = Device(
        name=name, driver=driver, port=port, profile=profile, board=board, baud=baud, lift=lift
    )
    _ = device.machine
    try:
        old = read_device(name)
    except (UnknownNameError, PlotError):  # a new one, or one whose file is damaged
        return device.save()
    is_same = old.driver == driver and (old.board == board if board else old.port == port)
    memory = old.memory if is_same else {}
    return old.update(
        driver=driver, port=port, profile=profile, board=board, baud=baud, lift=lift, memory=memory
    )


def find_baud(device: Device) -> int | None:
    """Return the speed of the serial line at which the machine answers, None when it does not."""
    for baud in _BAUD:
        with suppress(MachineError), replace(device, baud=baud).opened() as driver:
            driver.connect()
            return baud
    return None


def read_device(name: str) -> Device:
    """Return the machine of that name. Raises UnknownNameError if it does not exist."""
    try:
        values = orjson.loads((folder() / f"{name}.json").read_bytes())
        values.pop("station", None)  # of version 0.4, which stopped there to refill pens
        device = Device(**values)
        if device.driver not in DRIVERS:
            raise ValueError(f"driver {device.driver!r} is unknown")
        return device
    except FileNotFoundError:
        raise UnknownNameError(
            "machine", name, device_names(), remedy=" (add it with `drawscape machine add`)"
        ) from None
    except (ValueError, TypeError, AttributeError) as error:
        raise PlotError(f"machine file of {name!r} is damaged: {error}; add it again") from error


def device_names() -> list[str]:
    """Return the names of all machines of this home."""
    return sorted(path.stem for path in folder().glob("*.json"))


def devices() -> list[Device]:
    """Return all machines of this home whose files can be read, by name."""
    found = []
    for name in device_names():
        with suppress(PlotError):
            found.append(read_device(name))
    return found
