"""The task that works through many files: one after the other, each with its own report."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from drawscape import settings
from drawscape.atomic import write_atomic
from drawscape.data import SUFFIXES, TableOptions, convert, format_named
from drawscape.errors import ParameterError, UnknownNameError
from drawscape.jobs import current_job
from drawscape.parameters import InputFile


def process_batch(
    file_list: list[InputFile], operation: str, *, output_folder: str | None = None, **options: Any
) -> list[dict[str, Any]]:
    """Return a report for each file, in order: file, status, output, error, seconds and facts.

    An `operation` is one of these, with its options:

    - `convert_to_json`, or csv, tsv, ndjson, parquet: as in `drawscape.data.TableOptions`
    - `optimize_svg`: as in `drawscape.plot.optimize`
    - `svg_to_png`: dpi, background

    Files are named relative to the home or lie in `DRAWSCAPE_DATA_DIRS`. Outputs lie in `output/data`,
    `optimized` or `png`, or in `output_folder` inside `output/`.

    A bad file has the status `failed` and its error, and does not spoil the rest. To use all processors,
    queue several batches with `enqueue_many`. Outputs are complete or absent, even when the worker is
    killed. After a stop the files that were not reached have the status `stopped`.

    Raises, for the batch as a whole, UnknownNameError (the operation, or an option) and
    ParameterError.

    >>> [report["status"] for report in process_batch(["pens.csv", "lost.csv"], "convert_to_json")]
    ['done', 'failed']
    """
    if isinstance(file_list, (str, bytes)) or not all(isinstance(f, str) for f in file_list):
        raise ParameterError("file_list", file_list, "must be a list of file names")
    job = current_job()
    chosen = _operation_named(operation)
    chosen.check(options)
    folder = settings.output_path(f"{output_folder or chosen.folder}/x").parent
    names = _distinct(f"{Path(file).stem}{chosen.suffix}" for file in file_list)
    reports = []
    for number, (file, name) in enumerate(zip(file_list, names, strict=True)):
        begun = time.monotonic()
        show = partial(_show, number, file_list)
        report = _attempt(file, folder / name, chosen, options, show)
        reports.append({**report, "seconds": time.monotonic() - begun})
    job.progress(1.0, f"{len(reports)} files")
    counts = Counter(report["status"] for report in reports)
    job.log(", ".join(f"{count} {status}" for status, count in counts.items()) or "no files")
    return reports


StepReporter = Callable[[float, str], None]
Facts = Mapping[str, Any]
Report = dict[str, Any]
"""Of a file: file, status (done, failed, stopped), output, error, and facts."""


@dataclass(frozen=True)
class Operation:
    """One thing to do with a file.

    `run(source, target, options, on_step)` writes the target and returns facts for the report.
    `folder` and `suffix` are those of the target; `check(options)` raises for wrong options.
    """

    folder: str
    suffix: str
    run: Callable[[Path, Path, Facts, StepReporter], Facts]
    check: Callable[[Facts], object]


def _operation_named(name: str) -> Operation:
    if name in _DRAWING_OPERATIONS:
        return _DRAWING_OPERATIONS[name]
    if not name.startswith("convert_to_"):
        conversions = [f"convert_to_{form}" for form in SUFFIXES]
        raise UnknownNameError("operation", name, [*_DRAWING_OPERATIONS, *conversions])
    form = format_named(name.removeprefix("convert_to_"))
    run = partial(_convert, form)
    return Operation("data", SUFFIXES[form], run, TableOptions.of)


def _convert(form: str, source: Path, target: Path, options: Facts, _: StepReporter) -> Facts:
    scratch = settings.state_folder() / "scratch"
    chosen = TableOptions.of(options)
    done = convert(source, target, scratch=scratch, target_format=form, options=chosen)
    return {"rows": done.rows}


def _optimize(source: Path, target: Path, options: Facts, on_step: StepReporter) -> Facts:
    from drawscape.plot import optimize
    from drawscape.plot.svg_export import to_svg
    from drawscape.svg.read import read_svg

    document = optimize(read_svg(source), on_progress=on_step, **options)
    write_atomic(target, [to_svg(document)])
    return {"lines": sum(len(layer.lines) for layer in document.layers)}


def _to_png(source: Path, target: Path, options: Facts, on_step: StepReporter) -> Facts:
    from drawscape.plot.png_export import to_png
    from drawscape.svg.read import read_svg

    document = read_svg(source)
    on_step(0.5, "painting")
    write_atomic(target, [to_png(document, **options)])
    return {}


def _check_names(known: tuple[str, ...], options: Facts) -> None:
    for name in options:
        if name not in known:
            raise UnknownNameError("option", name, known)


_OPTIMIZING = ("tolerance_mm", "simplify_mm", "drop_shorter_mm", "deduplicate", "effort", "start")
_PAINTING = ("dpi", "background")
_DRAWING_OPERATIONS = {
    "optimize_svg": Operation("optimized", ".svg", _optimize, partial(_check_names, _OPTIMIZING)),
    "svg_to_png": Operation("png", ".png", _to_png, partial(_check_names, _PAINTING)),
}


def _show(number: int, files: list[str], fraction: float, message: str) -> None:
    """Report the progress of the batch, `fraction` of the file `number` being done."""
    words = f"{number + 1} of {len(files)} files, {files[number]}"
    if message:
        words += f": {message}"
    current_job().progress((number + fraction) / len(files), words)


def _distinct(names: Iterable[str]) -> list[str]:
    """Return the names, later doubles numbered before their suffix: 'a.csv', 'a-2.csv'.

    Letter case does not count as a difference: some file systems see none.
    """
    chosen: dict[str, str] = {}
    for name in names:
        candidate = name
        number = 1
        while candidate.lower() in chosen:
            number += 1
            candidate = f"{Path(name).stem}-{number}{Path(name).suffix}"
        chosen[candidate.lower()] = candidate
    return list(chosen.values())


def _attempt(
    file: str, target: Path, operation: Operation, options: Facts, on_step: StepReporter
) -> Report:
    """Return the report of one file; an error is in its report and is not raised."""
    report: Report = {"file": file, "status": "failed", "output": None, "error": None}
    if current_job().is_canceled:
        return report | {"status": "stopped", "error": "the batch was stopped before it"}
    try:
        on_step(0.0, "")
        source = settings.readable_path(file)
        if source == target:
            raise ParameterError("file_list", source.name, "its output would take its own place")
        facts = operation.run(source, target, options, on_step)
        return report | {"status": "done", "output": str(target), **facts}
    except FileNotFoundError as problem:
        return report | {"error": str(problem)}
    except Exception as problem:  # noqa: BLE001 - any trouble with a file is that file's alone
        return report | {"error": f"{type(problem).__name__}: {problem}"}
