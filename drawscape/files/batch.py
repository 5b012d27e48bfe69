"""Many files, one operation: planned, done one by one, reported one by one."""

import hashlib
import json
import re
import shutil
import time
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path, PurePath
from typing import Any

from drawscape.atomic import atomic_path, write_atomic
from drawscape.errors import ParameterError
from drawscape.files.operations import Operation, Progress, sha256
from drawscape.notes import Notes

_GOOD = ("done", "skipped")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\/:]")
_MADE = (1980, 1, 1, 0, 0, 0)  # the earliest date that a zip knows: archives do not depend on today
_MODE = 0o644 << 16


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
    source: Path
    target: Path | None
    error: str | None = None


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
            items.append(Item(file, Path(), None, str(problem)))
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


def run(
    items: Sequence[Item],
    operation: Operation,
    options: Mapping[str, Any],
    notes: Notes,
    *,
    progress: Progress,
    is_stopped: Callable[[], bool],
) -> list[Report]:
    """Return the reports of the items in their order; what was done before is skipped.

    What goes wrong with a file is in its report, and does not spoil the others. Once `is_stopped()`
    holds, no further file is begun.
    """
    reports: list[Report] = []
    for number, item in enumerate(items):

        def report(fraction: float, message: str, number: int = number) -> None:
            file = items[number].file
            words = f"{number + 1} of {len(items)} files, {file}"
            progress((number + fraction) / len(items), f"{words}: {message}" if message else words)

        if is_stopped():
            reports.append(Report(item.file, "stopped", error="the batch was stopped before it"))
        else:
            report(0.0, "")
            reports.append(_run_item(item, operation, options, notes, report))
    return reports


def _run_item(
    item: Item,
    operation: Operation,
    options: Mapping[str, Any],
    notes: Notes,
    progress: Progress,
) -> Report:
    if item.error:
        return Report(item.file, "failed", error=item.error)
    begun = time.monotonic()
    key = _key(operation.name, options, item.source, item.target)
    output = str(item.target) if item.target else None
    try:
        facts = _known_facts(notes.get(key), item.source, item.target)
        if facts is not None:
            return Report(item.file, "skipped", output, facts=facts)
        before = _state(item.source)
        facts = operation.run(item.source, item.target or item.source, options, progress)
        _note(notes, key, item.source, before, item.target, facts)
    except Exception as problem:  # noqa: BLE001 - any trouble with a file is that file's alone
        error = f"{type(problem).__name__}: {problem}"
        return Report(item.file, "failed", error=error, seconds=time.monotonic() - begun)
    return Report(item.file, "done", output, None, time.monotonic() - begun, facts)


def summary(reports: Sequence[Report]) -> str:
    """Return how many files came to what, such as '5 done, 1 failed'."""
    kinds = list(dict.fromkeys(report.status for report in reports))
    counts = (f"{sum(r.status == kind for r in reports)} {kind}" for kind in kinds)
    return ", ".join(counts) or "no files"


# What is noted of work, so that it is not done again


def _key(*parts: Any) -> str:
    """Return a key for a piece of work: the same for the same operation, options and paths."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def _note(
    notes: Notes,
    key: str,
    source: Path,
    before: Sequence[int],
    output: Path | None,
    facts: Mapping[str, Any],
) -> None:
    """Note that work is done, unless the source has changed since `before`, when it began."""
    digest = sha256(source)
    if _state(source) == before:
        made = _state(output) if output else None
        noted = {"sha256": digest, "source": before, "output": made, "facts": dict(facts)}
        notes.put(key, noted)


def _known_facts(note: Any, source: Path, output: Path | None) -> Mapping[str, Any] | None:
    """Return the facts in a note; None if the work must be done (again).

    The source must be unchanged, by size and time or by its checksum, and the output just as it
    was written.
    """
    if note is None or (output and not (output.is_file() and _state(output) == note["output"])):
        return None
    if _state(source) != note["source"] and sha256(source) != note["sha256"]:
        return None
    facts: Mapping[str, Any] = note["facts"]
    return facts


def _state(path: Path) -> list[int]:
    """Return what shows whether a file is still the same: its size and its time of change."""
    found = path.stat()
    return [found.st_size, found.st_mtime_ns]


# What a batch makes of all its files together


def finish(
    reports: Sequence[Report],
    items: Sequence[Item],
    operation: Operation,
    folder: Path,
    notes: Notes,
) -> list[Report]:
    """Return the reports with the file in `folder` that holds all the good ones, where one is due.

    Its name is made of the list of files, so that the same batch writes the same file.
    """
    good = [index for index, report in enumerate(reports) if report.status in _GOOD]
    if operation.name not in ("zip", "checksum") or not good:
        return list(reports)
    stem = folder / f"{operation.name}-{_key([str(item.source) for item in items])[:12]}"
    if operation.name == "checksum":
        target = stem.with_suffix(".sha256")
        # As `sha256sum --check` reads them.
        lines = [f"{reports[index].facts['sha256']}  {reports[index].file}\n" for index in good]
        write_atomic(target, ["".join(lines).encode()])
        return [replace(r, output=str(target)) if r.status in _GOOD else r for r in reports]
    target = stem.with_suffix(".zip")
    skipped = _zip([items[index].source for index in good], target, notes)
    status = "skipped" if skipped else "done"
    return [
        replace(r, output=str(target), status=status) if r.status in _GOOD else r for r in reports
    ]


def _zip(sources: Sequence[Path], target: Path, notes: Notes) -> bool:
    """Write the archive unless it is there and nothing has changed; return whether it was."""
    states = [_state(source) for source in sources]
    key = _key("zip", [str(source) for source in sources], states)
    if _known_facts(notes.get(key), sources[0], target) is not None:
        return True
    write_zip(target, list(zip(sources, member_names(sources), strict=True)))
    _note(notes, key, sources[0], states[0], target, {})
    return False


def member_names(paths: Iterable[Path]) -> list[str]:
    """Return a name in the archive for each file: its own, without folders, doubles numbered.

    What another system would take for a folder or a drive (`..\\x`, `C:x`) becomes `_`.
    """
    return distinct(_UNSAFE.sub("_", path.name) for path in paths)


def write_zip(target: Path, files: Sequence[tuple[Path, str]]) -> None:
    """Write the files, as (path, name in the archive), to the archive `target`, whole or not at all.

    Names are plain file names, so nothing can be unpacked outside of its folder. Dates and modes are
    fixed: the same files make the same bytes.
    """
    with atomic_path(target) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for path, name in files:
            entry = zipfile.ZipInfo(name, _MADE)
            entry.external_attr = _MODE
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.file_size = path.stat().st_size
            with path.open("rb") as source, archive.open(entry, "w") as packed:
                shutil.copyfileobj(source, packed, 1 << 20)
