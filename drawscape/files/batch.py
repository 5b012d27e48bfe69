"""Many files, one operation: planned, done one by one, reported one by one."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from drawscape.errors import ParameterError
from drawscape.files.done import Done, State, work_key
from drawscape.files.names import distinct
from drawscape.files.operations import Operation, Place, Progress


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
        told = asdict(self)
        facts: dict[str, Any] = told.pop("facts")
        return told | facts


@dataclass(frozen=True)
class Item:
    """One file of a batch: as it was named, and where it and its output are; `error` if it is not."""

    file: str
    source: Path | None
    target: Path | None
    error: str | None = None


@dataclass(frozen=True)
class Work:
    """What is to be done with each file, and where the notes and scratch files are."""

    operation: Operation
    options: Mapping[str, Any]
    done: Done
    scratch: Path


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


def run_item(item: Item, work: Work, progress: Progress) -> Report:
    """Return the report of one file, done now unless it was and nothing has changed since.

    Whatever goes wrong with the file is in the report: it must not spoil the others.
    """
    if item.source is None or item.error:
        return Report(item.file, "failed", error=item.error)
    begun = time.monotonic()
    key = _key(item, work)
    output = str(item.target) if item.target else None
    try:
        known = work.done.facts(key, item.source, item.target)
        if known is not None:
            return Report(item.file, "skipped", output, facts=known)
        before = State.of(item.source)
        place = Place(item.source, item.target, work.scratch)
        facts = work.operation.run(place, work.options, progress)
        work.done.note(key, item.source, before, item.target, facts)
    except Exception as problem:  # noqa: BLE001 - any trouble with a file is that file's alone
        return Report(item.file, "failed", None, _said(problem), time.monotonic() - begun)
    return Report(item.file, "done", output, None, time.monotonic() - begun, facts)


def known_report(item: Item, work: Work) -> Report | None:
    """Return the report of a file that needs no work: done before, or not there; else None."""
    if item.source is None or item.error:
        return Report(item.file, "failed", error=item.error)
    try:
        facts = work.done.facts(_key(item, work), item.source, item.target)
    except OSError as problem:
        return Report(item.file, "failed", error=_said(problem))
    if facts is None:
        return None
    return Report(item.file, "skipped", str(item.target) if item.target else None, facts=facts)


def stopped(item: Item) -> Report:
    """Return the report of a file that was not reached."""
    return Report(item.file, "stopped", error="the batch was stopped before this file")


def _key(item: Item, work: Work) -> str:
    return work_key(work.operation.name, work.options, item.source, item.target)


def _said(problem: Exception) -> str:
    return f"{type(problem).__name__}: {problem}"
