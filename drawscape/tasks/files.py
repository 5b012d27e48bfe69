"""The task that processes many files: one after the other, each with its own report."""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from drawscape import settings
from drawscape.atomic import write_atomic
from drawscape.data import SUFFIXES, check_options, convert, format_named
from drawscape.errors import ParameterError, UnknownNameError
from drawscape.jobs import current_job
from drawscape.parameters import InputFile


def process_batch(
    file_list: list[InputFile], operation: str, *, output_folder: str | None = None, **options: Any
) -> list[dict[str, Any]]:
    """Return a report for each file, in order: file, status, output, error, seconds and facts.

    An `operation` is one of these, with its options:

    - `convert_to_json`, or csv, tsv, ndjson, parquet: as in `drawscape.data.convert`
    - `optimize_svg`: as in `drawscape.plot.optimize`
    - `svg_to_png`: dpi, background

    Files are named relative to the home or are in `DRAWSCAPE_DATA_DIRS`. Outputs are in `output/data`,
    `optimized` or `png`, or in `output_folder` inside `output/`.

    A bad file has the status `failed` and its error, and does not stop the rest. To use all processors,
    queue several batches with `enqueue_many`. Outputs are complete or missing, even when the worker is
    killed. After a stop, files that were not reached have the status `stopped`.

    Raises, for the batch as a whole, UnknownNameError (the operation, or an option) and
    ParameterError.

    >>> [report["status"] for report in process_batch(["pens.csv", "lost.csv"], "convert_to_json")]
    ['done', 'failed']
    """
    if isinstance(file_list, (str, bytes)) or not all(isinstance(f, str) for f in file_list):
        raise ParameterError("file_list", file_list, "must be a list of file names")
    job = current_job()
    chosen = _operation_named(operation, options)
    folder = settings.output_path(f"{output_folder or chosen.folder}/x").parent
    names = _distinct(f"{Path(file).stem}{chosen.suffix}" for file in file_list)
    reports: list[Report] = []
    for file, name in zip(file_list, names):
        begun, number = time.monotonic(), len(reports)
        if job.is_canceled:
            report = {"status": "stopped", "error": "the batch stopped before this file"}
        else:
            words = f"{number + 1} of {len(file_list)} files, {file}"
            job.progress(number / len(file_list), words)
            report = _attempt(file, folder / name, chosen.run)
        known = {"file": file, "output": None, "error": None}
        reports.append({**known, **report, "seconds": time.monotonic() - begun})
    job.progress(1.0, f"{len(reports)} files")
    counts = Counter(report["status"] for report in reports)
    job.log(", ".join(f"{count} {status}" for status, count in counts.items()) or "no files")
    return reports


Report = dict[str, Any]
"""Of a file: file, status (done, failed, stopped), output, error, and facts."""


class Operation(NamedTuple):
    """An operation on a file; `run(source, target)` writes the target and returns facts about it.

    `folder` and `suffix` are those of the target.
    """

    folder: str
    suffix: str
    run: Callable[[Path, Path], Report]


def _operation_named(name: str, options: dict[str, Any]) -> Operation:
    """Return the operation with its options. Raises UnknownNameError."""
    if name == "optimize_svg":
        check_options(options, _OPTIMIZING)
        return Operation("optimized", ".svg", partial(_optimize, options))
    if name == "svg_to_png":
        check_options(options, _PAINTING)
        return Operation("png", ".png", partial(_to_png, options))
    if not name.startswith("convert_to_"):
        conversions = [f"convert_to_{form}" for form in SUFFIXES]
        raise UnknownNameError("operation", name, ["optimize_svg", "svg_to_png", *conversions])
    form = format_named(name.removeprefix("convert_to_"))
    check_options(options)
    return Operation("data", SUFFIXES[form], partial(_convert, form, options))


_OPTIMIZING = ("tolerance_mm", "simplify_mm", "drop_shorter_mm", "deduplicate")
_PAINTING = ("dpi", "background")


def _convert(form: str, options: dict[str, Any], source: Path, target: Path) -> Report:
    scratch = settings.state_folder() / "scratch"
    done = convert(source, target, scratch=scratch, target_format=form, options=options)
    return {"rows": done.rows}


def _optimize(options: dict[str, Any], source: Path, target: Path) -> Report:
    from drawscape.plot import optimize
    from drawscape.plot.svg_export import to_svg
    from drawscape.svg.read import read_svg

    document = optimize(read_svg(source), **options)
    write_atomic(target, [to_svg(document)])
    return {"lines": sum(len(layer.lines) for layer in document.layers)}


def _to_png(options: dict[str, Any], source: Path, target: Path) -> Report:
    from drawscape.plot.png_export import to_png
    from drawscape.svg.read import read_svg

    write_atomic(target, [to_png(read_svg(source), **options)])
    return {}


def _distinct(names: Iterable[str]) -> list[str]:
    """Return the names, with duplicates numbered before their suffix: 'a.csv', 'a-2.csv'.

    Letter case does not count, because some file systems ignore it.
    """
    chosen = {}
    for name in names:
        candidate = name
        number = 1
        while candidate.lower() in chosen:
            number += 1
            candidate = f"{Path(name).stem}-{number}{Path(name).suffix}"
        chosen[candidate.lower()] = candidate
    return list(chosen.values())


def _attempt(file: str, target: Path, run: Callable[[Path, Path], Report]) -> Report:
    """Return the report of one file; an error is reported, not raised."""
    try:
        source = settings.readable_path(file)
        if source == target:
            raise ParameterError("file_list", source.name, "its output would take its own place")
        return {"status": "done", "output": str(target), **run(source, target)}
    except FileNotFoundError as problem:
        return {"status": "failed", "error": str(problem)}
    except Exception as problem:  # noqa: BLE001 - a file's error must not stop the others
        return {"status": "failed", "error": f"{type(problem).__name__}: {problem}"}
