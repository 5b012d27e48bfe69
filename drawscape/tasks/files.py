"""The task that works through many files: done one by one, reported one by one."""

import hashlib
import json
import re
import shutil
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from drawscape import settings
from drawscape.atomic import atomic_path, write_atomic
from drawscape.data import SUFFIXES, Options, convert, distinct, format_named, memory_mb
from drawscape.errors import ParameterError, UnknownNameError
from drawscape.jobs import current_job
from drawscape.notes import Notes, open_notes


def process_batch(
    file_list: list[str], operation: str, *, output_folder: str | None = None, **options: Any
) -> list[dict[str, Any]]:
    """Return a report for each file, in order: file, status, output, error, seconds and facts.

    An `operation` is one of these, with its options:

    - `convert_to_json`, or csv, tsv, ndjson, parquet, excel: as in `drawscape.data.Options`
    - `optimize_svg`: as in `drawscape.plot.optimize`
    - `svg_to_png`: dpi, background
    - `checksum`: SHA-256, and a list of them
    - `zip`: one archive of all

    Files are named relative to the home or lie in `DRAWSCAPE_DATA_DIRS`; outputs lie in `output/data`,
    `optimized`, `png`, `checksums`, `archives`, or in `output_folder` inside `output/`.

    A bad file has the status `failed` and its error, and does not spoil the rest. A second run does
    only what is new or changed; the rest is `skipped`. Files are done one after the other: to use
    all processors, queue several batches with `enqueue_many`. Outputs are complete or absent, whatever
    kills the worker. What was not reached when the job was asked to stop is done by running it again.

    Raises, for the batch as a whole, UnknownNameError (the operation, or an option) and
    ParameterError.

    >>> [report["status"] for report in process_batch(["pens.csv", "lost.csv"], "checksum")]
    ['done', 'failed']
    """
    job = current_job()
    chosen = _operation_named(operation)
    if chosen.options is None:
        Options.of(options)
    elif unknown := options.keys() - chosen.options:
        raise UnknownNameError("option", min(unknown), chosen.options)
    folder = settings.output_path(f"{output_folder or chosen.folder}/x").parent
    with open_notes(settings.state_folder() / "files.db") as notes:
        reports = _run(file_list, chosen, options, notes, folder)
    job.progress(1.0, f"{len(reports)} files")
    counts = Counter(report["status"] for report in reports)
    job.log(", ".join(f"{count} {status}" for status, count in counts.items()) or "no files")
    return reports


Progress = Callable[[float, str], None]
Facts = Mapping[str, Any]
Report = dict[str, Any]
"""Of a file: file, status (done, skipped, failed, stopped), output, error, seconds, and facts."""

_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\/:]")
_MADE = (1980, 1, 1, 0, 0, 0)  # the earliest date that a zip knows: archives do not depend on today
_MODE = 0o644 << 16


@dataclass(frozen=True)
class Operation:
    """One thing to do with a file.

    `run(source, target, options, progress)` returns facts for the report; `folder` and `suffix` are
    those of the file it writes. Without a suffix it writes one for all, and `target` is the source.
    It takes the options that are named, or those of conversions.
    """

    name: str
    folder: str
    suffix: str | None
    run: Callable[[Path, Path, Facts, Progress], Facts]
    options: tuple[str, ...] | None = ()


def _operation_named(name: str) -> Operation:
    known = {operation.name: operation for operation in _OPERATIONS}
    if name in known:
        return known[name]
    if not name.startswith("convert_to_"):
        raise UnknownNameError("operation", name, [*known, *(f"convert_to_{f}" for f in SUFFIXES)])
    form = format_named(name.removeprefix("convert_to_"))

    def run(source: Path, target: Path, options: Facts, progress: Progress) -> Facts:
        done = convert(
            source,
            target,
            scratch=settings.state_folder() / "scratch",
            target_format=form,
            options=Options.of(options),
            memory_mb=memory_mb(),
            progress=progress,
        )
        return {"rows": done.rows, "notes": list(done.notes)}

    return Operation(f"convert_to_{form}", "data", SUFFIXES[form], run, None)


def _optimize(source: Path, target: Path, options: Facts, progress: Progress) -> Facts:
    from drawscape.plot import optimize
    from drawscape.plot.svg_export import to_svg
    from drawscape.svg.read import read_svg

    document = optimize(read_svg(source), on_progress=progress, **options)
    write_atomic(target, [to_svg(document)])
    return {"lines": sum(len(layer.lines) for layer in document.layers)}


def _to_png(source: Path, target: Path, options: Facts, progress: Progress) -> Facts:
    from drawscape.plot.png_export import to_png
    from drawscape.svg.read import read_svg

    document = read_svg(source)
    progress(0.5, "painting")
    write_atomic(target, [to_png(document, **options)])
    return {}


def _sha256(source: Path, *_: Any) -> Facts:
    with source.open("rb") as stream:
        return {"sha256": hashlib.file_digest(stream, "sha256").hexdigest()}


_OPTIMIZING = ("tolerance_mm", "simplify_mm", "drop_shorter_mm", "deduplicate", "effort", "start")
_OPERATIONS = (
    Operation("optimize_svg", "optimized", ".svg", _optimize, _OPTIMIZING),
    Operation("svg_to_png", "png", ".png", _to_png, ("dpi", "background")),
    Operation("checksum", "checksums", None, _sha256),
    Operation("zip", "archives", None, lambda *_: {}),  # written once all files are known
)


def _run(
    files: Sequence[str], operation: Operation, options: Facts, notes: Notes, folder: Path
) -> list[Report]:
    """Return the reports of the files in their order; what goes wrong with a file is in its report."""
    job = current_job()
    if isinstance(files, (str, bytes)) or not all(isinstance(file, str) for file in files):
        raise ParameterError("file_list", files, "must be a list of file names")
    names = _distinct(f"{Path(file).stem}{operation.suffix}" for file in files)
    reports: list[Report] = []
    good: list[Path] = []
    for number, (file, name) in enumerate(zip(files, names, strict=True)):
        report: Report = {"file": file, "status": "failed", "output": None, "error": None}
        begun = time.monotonic()

        def show(fraction: float, message: str, number: int = number) -> None:
            words = f"{number + 1} of {len(files)} files, {files[number]}"
            share = (number + fraction) / len(files)
            job.progress(share, f"{words}: {message}" if message else words)

        try:
            if job.is_canceled:
                report |= {"status": "stopped", "error": "the batch was stopped before it"}
            else:
                show(0.0, "")
                source = settings.readable_path(file)
                target = folder / name if operation.suffix else None
                report |= _done(source, target, operation, options, notes, show)
                good.append(source)
        except FileNotFoundError as problem:
            report["error"] = str(problem)
        except Exception as problem:  # noqa: BLE001 - any trouble with a file is that file's alone
            report["error"] = f"{type(problem).__name__}: {problem}"
        reports.append({**report, "seconds": time.monotonic() - begun})
    if good and operation.suffix is None:
        _write_common(reports, good, operation, folder)
    return reports


def _distinct(names: Iterable[str]) -> list[str]:
    """Return the names, later doubles numbered before their suffix: 'a.csv', 'a-2.csv'."""
    return distinct(names, lambda name, n: f"{PurePath(name).stem}-{n}{PurePath(name).suffix}")


def _done(
    source: Path,
    target: Path | None,
    operation: Operation,
    options: Facts,
    notes: Notes,
    progress: Progress,
) -> Report:
    """Return the report of a file's work; it is not done again while source and output stay as they are."""
    if source == target:
        raise ParameterError("file_list", source.name, "its output would take its own place")
    output = str(target) if target else None
    key = _key(operation.name, options, source, target)
    before = _state(source)
    noted = notes.get(key)
    if noted and noted["source"] == before and noted["output"] == _state(target):
        return {"status": "skipped", "output": output, **noted["facts"]}
    facts = operation.run(source, target or source, options, progress)
    if _state(source) == before:
        notes.put(key, {"source": before, "output": _state(target), "facts": dict(facts)})
    return {"status": "done", "output": output, **facts}


def _key(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def _state(path: Path | None) -> list[int] | None:
    """Return what shows whether a file is still the same: its size and its time of change."""
    if path is None or not path.is_file():
        return None
    found = path.stat()
    return [found.st_size, found.st_mtime_ns]


def _write_common(
    reports: list[Report], sources: Sequence[Path], operation: Operation, folder: Path
) -> None:
    """Write the file that holds all the good ones: the same name for the same list of files."""
    good = [report for report in reports if report["status"] in ("done", "skipped")]
    stem = folder / f"{operation.name}-{_key([str(source) for source in sources])[:12]}"
    if operation.name == "checksum":
        target = stem.with_suffix(".sha256")
        # As `sha256sum --check` reads them.
        lines = [f"{report['sha256']}  {report['file']}\n" for report in good]
        write_atomic(target, ["".join(lines).encode()])
    else:
        target = stem.with_suffix(".zip")
        # What another system would take for a folder or a drive (`..\x`, `C:x`) becomes `_`.
        names = _distinct(_UNSAFE.sub("_", source.name) for source in sources)
        _write_zip(target, list(zip(sources, names, strict=True)))
    for report in good:
        report["output"] = str(target)


def _write_zip(target: Path, files: Sequence[tuple[Path, str]]) -> None:
    """Write the files, as (path, name in the archive): the same ones make the same bytes."""
    with atomic_path(target) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for path, name in files:
            entry = zipfile.ZipInfo(name, _MADE)
            entry.external_attr = _MODE
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.file_size = path.stat().st_size
            with path.open("rb") as source, archive.open(entry, "w") as packed:
                shutil.copyfileobj(source, packed, 1 << 20)
