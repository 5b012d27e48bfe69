"""Many files, one operation: planned, done one by one, reported one by one."""

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePath
from typing import Any

from drawscape.errors import ParameterError
from drawscape.files.operations import Operation, Place, Progress, operation_named, sha256

Note = Mapping[str, Any]
"""What is noted of a piece of work, so that it is not done again: checksum, states, facts."""


@dataclass(frozen=True)
class Report:
    """What became of one file: `status` is done, skipped (unchanged since), failed or stopped."""

    file: str
    status: str
    output: str | None = None
    error: str | None = None
    seconds: float = 0.0
    facts: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as a plain dictionary, the facts among the rest."""
        values = asdict(self)
        facts: dict[str, Any] = values.pop("facts")
        return values | facts


@dataclass(frozen=True)
class Item:
    """One file of a batch: as it was named, and where it and its output are; `error` if it is not."""

    file: str
    source: Path | None
    target: Path | None
    error: str | None = None


@dataclass(frozen=True)
class Work:
    """What is to be done with each file, and where scratch files go; it travels to other processes."""

    name: str
    options: Mapping[str, Any]
    scratch: Path

    @property
    def operation(self) -> Operation:
        """The operation of that name."""
        return operation_named(self.name)

    def key(self, item: Item) -> str:
        """Return what the notes call this work on `item`."""
        return work_key(self.operation.name, self.options, item.source, item.target)


def plan(
    files: Sequence[str], operation: Operation, *, find: Callable[[str], Path], folder: Path
) -> list[Item]:
    """Return the items of a batch; a file that `find` does not find becomes one with an error.

    Outputs lie in `folder` and are named as their files; doubles are numbered.
    """
    if isinstance(files, (str, bytes)) or not all(isinstance(file, str) for file in files):
        raise ParameterError("file_list", files, "must be a list of file names")
    targets = distinct(f"{Path(file).stem}{operation.suffix}" for file in files)
    items = []
    for file, name in zip(files, targets, strict=True):
        target = folder / name if operation.suffix else None
        try:
            source = find(file)
        except (OSError, ValueError) as problem:
            items.append(Item(file, None, None, str(problem)))
            continue
        error = "its output would take its own place" if source == target else None
        items.append(Item(file, source, target, error))
    return items


def distinct(names: Iterable[str]) -> list[str]:
    """Return the names, later doubles numbered before their suffix: 'a.csv', 'a-2.csv'.

    Letter case does not count as a difference, since some file systems see none.
    """
    taken: set[str] = set()
    chosen = []
    for name in names:
        path, number, candidate = PurePath(name), 1, name
        while candidate.lower() in taken:
            number += 1
            candidate = f"{path.stem}-{number}{path.suffix}"
        taken.add(candidate.lower())
        chosen.append(candidate)
    return chosen


def run_item(item: Item, work: Work, progress: Progress) -> tuple[Report, Note | None]:
    """Return the report of one file, done now, and what to note of it.

    Whatever goes wrong with the file is in the report: it must not spoil the others.
    """
    if item.source is None or item.error:
        return Report(item.file, "failed", error=item.error), None
    begun = time.monotonic()
    try:
        before = state(item.source)
        place = Place(item.source, item.target, work.scratch)
        facts = work.operation.run(place, work.options, progress)
        note = note_of(item.source, before, item.target, facts)
    except Exception as problem:  # noqa: BLE001 - any trouble with a file is that file's alone
        return Report(
            item.file, "failed", None, error_text(problem), time.monotonic() - begun
        ), None
    output = str(item.target) if item.target else None
    return Report(item.file, "done", output, None, time.monotonic() - begun, facts), note


def known_report(item: Item, note: Note | None) -> Report | None:
    """Return the report of a file that needs no work: done before, or not there; else None."""
    if item.source is None or item.error:
        return Report(item.file, "failed", error=item.error)
    try:
        facts = known_facts(note, item.source, item.target)
    except OSError as problem:
        return Report(item.file, "failed", error=error_text(problem))
    if facts is None:
        return None
    return Report(item.file, "skipped", str(item.target) if item.target else None, facts=facts)


def stopped(item: Item) -> Report:
    """Return the report of a file that was not reached."""
    return Report(item.file, "stopped", error="the batch was stopped before this file")


def summary(reports: Sequence[Report]) -> str:
    """Return how many files came to what, such as '5 done, 1 failed'."""
    kinds = list(dict.fromkeys(report.status for report in reports))
    counts = (f"{sum(r.status == kind for r in reports)} {kind}" for kind in kinds)
    return ", ".join(counts) or "no files"


def error_text(problem: BaseException) -> str:
    """Return an error as a report shows it."""
    return f"{type(problem).__name__}: {problem}"


def work_key(*parts: Any) -> str:
    """Return a key for a piece of work: the same for the same operation, options and paths."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def note_of(
    source: Path, before: Sequence[int], output: Path | None, facts: Mapping[str, Any]
) -> Note | None:
    """Return what to note of work; None if the source has changed since `before`, when it began."""
    digest = sha256(source)
    if state(source) != before:
        return None
    made = state(output) if output else None
    return {"sha256": digest, "source": before, "output": made, "facts": dict(facts)}


def known_facts(note: Note | None, source: Path, output: Path | None) -> Mapping[str, Any] | None:
    """Return the facts in a note; None if the work must be done (again).

    The source must be unchanged, by size and time or by its checksum, and the output just as it
    was written.
    """
    if note is None or (output and not (output.is_file() and state(output) == note["output"])):
        return None
    if state(source) != note["source"] and sha256(source) != note["sha256"]:
        return None
    facts: Mapping[str, Any] = note["facts"]
    return facts


def state(path: Path) -> list[int]:
    """Return what shows whether a file is still the same: its size and its time of change."""
    found = path.stat()
    return [found.st_size, found.st_mtime_ns]
