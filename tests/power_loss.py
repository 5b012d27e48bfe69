"""What a disk may hold after a power loss: recorded writes and syncs, replayed up to a moment.

A sync makes durable what was written before it began. Of what was written since, any set of 512-byte
sectors may have reached the disk: none, all, or some of each write.
"""

import struct
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

_HEAD = struct.Struct("=BBHIQ")
_SECTOR = 512
_FILES = ("queue.db", "queue.db-wal", "acks")
_ACKS = 2

SURVIVAL = {"nothing": 0.0, "half": 0.5, "most": 0.9, "everything": 1.0}
"""With which probability a sector that was not synced is on the disk."""


def build_recorder(compiler, folder):
    """Return the library for LD_PRELOAD, built from `power_loss.c`."""
    library = folder / "power_loss.so"
    source = Path(__file__).with_name("power_loss.c")
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"]
    subprocess.run(command, check=True, timeout=120)
    return library


@dataclass(frozen=True)
class Record:
    """One write, truncation, begin or end of a sync; `number` is the thread of a sync."""

    kind: str
    file: int
    number: int
    offset: int
    data: bytes


def read_trace(path):
    """Return the records in the order in which they were made."""
    raw, at, records = path.read_bytes(), 0, []
    while at < len(raw):
        kind, file, _, number, offset = _HEAD.unpack_from(raw, at)
        at += _HEAD.size
        length = number if chr(kind) == "w" else 0
        records.append(Record(chr(kind), file, number, offset, raw[at : at + length]))
        at += length
    return records


@dataclass
class _File:
    """What of a file is durable, and what was done to it since."""

    durable: bytearray
    pending: list[Record] = field(default_factory=list)
    begun: dict[int, int] = field(default_factory=dict)

    def note(self, record):
        if record.kind == "b":
            self.begun[record.number] = len(self.pending)
        elif record.kind == "e":
            count = self.begun.pop(record.number)
            for done in self.pending[:count]:
                _apply(self.durable, done)
            del self.pending[:count]
            self.begun = {thread: max(0, at - count) for thread, at in self.begun.items()}
        else:
            self.pending.append(record)

    def after_crash(self, chance, survival):
        content = bytearray(self.durable)
        for done in self.pending:
            _apply(content, done, lambda: chance.random() < survival)
        return bytes(content)


def _apply(content, record, survives=lambda: True):
    if record.kind == "t":
        if survives():
            del content[record.offset :]
            content.extend(bytes(record.offset - len(content)))
        return
    end = record.offset + len(record.data)
    at = record.offset
    while at < end:
        until = min((at // _SECTOR + 1) * _SECTOR, end)
        if survives():
            if len(content) < until:
                content.extend(bytes(until - len(content)))
            content[at:until] = record.data[at - record.offset : until - record.offset]
        at = until


@dataclass(frozen=True)
class Crash:
    """A disk after a power loss: contents by name, and what had been acknowledged until then."""

    moment: int
    mode: str
    files: dict[str, bytes]
    acknowledged: frozenset[str]


def crashes(start, trace, points, chance):
    """Yield what the disk may hold at `points` moments of `trace`, in each of the ways in turn."""
    files = [_File(bytearray(start.get(name, b""))) for name in _FILES]
    moments = set(chance.sample(range(len(trace)), min(points, len(trace))))
    acknowledged = set()
    modes = list(SURVIVAL)
    for number, record in enumerate(trace):
        if record.file == _ACKS:
            acknowledged.update(record.data.decode().split())
        else:
            files[record.file].note(record)
        if number in moments:
            mode = modes[number % len(modes)]
            named = zip(_FILES[:_ACKS], files, strict=False)
            images = {name: one.after_crash(chance, SURVIVAL[mode]) for name, one in named}
            yield Crash(number, mode, images, frozenset(acknowledged))
