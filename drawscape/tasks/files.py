"""Tasks that work through many files."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from drawscape import settings
from drawscape.files.batch import Item, Report, Work, plan, run_item, stopped
from drawscape.files.claims import Claims
from drawscape.files.done import Done
from drawscape.files.joint import finish
from drawscape.files.operations import Operation, operation_named
from drawscape.files.running import run_batch, summary
from drawscape.files.spread import ELSEWHERE, parent_runs
from drawscape.jobs import current_job


def process_batch(
    file_list: list[str], operation: str, *, output_folder: str | None = None, **options: Any
) -> list[dict[str, Any]]:
    """Return a report for each file, in order: file, status, output, error, seconds and facts.

    `operation` is `convert_to_json` (or csv, tsv, ndjson, parquet, excel; options as in
    `drawscape.data.Options`), `optimize_svg` (options as in `drawscape.plot.optimize`), `svg_to_png`
    (dpi, background), `checksum` (SHA-256, and a list of them) or `zip` (one archive of all). Files
    are named relative to the home or lie in `DRAWSCAPE_DATA_DIRS`; outputs lie in `output/data`,
    `optimized`, `png`, `checksums`, `archives`, or in `output_folder` inside `output/`.

    A bad file has the status `failed` and its error, and does not spoil the rest. A second run does
    only what is new or changed; the rest is `skipped`. Inside a worker the files are shared with
    child jobs on other free slots; without one this job does all of them, so a batch never waits for
    itself. Outputs are whole or absent, whatever kills the worker. Stopping the job stops the
    children; what was not reached can be done by running it again.

    Raises, for the batch as a whole, UnknownNameError (the operation, or an option) and
    ParameterError.
    """
    job = current_job()
    work = _work(operation_named(operation), options)
    folder = settings.output_path(f"{output_folder or work.operation.folder}/x").parent
    items = plan(file_list, work.operation, find=settings.readable_path, folder=folder)
    reports = run_batch(
        items,
        work,
        job=job,
        claims=Claims(_database()),
        child="workers.file_tasks.process_one",
        calls=lambda item: _call(item, operation, options),
    )
    reports = finish(reports, items, work, folder)
    job.log(summary(reports))
    return [report.as_dict() for report in reports]


def process_one(
    file: str,
    target: str | None,
    operation: str,
    options: dict[str, Any],
    batch: str,
    place: int,
    parent: str,
) -> dict[str, Any]:
    """Return the report of one file of a batch, as its child job; see `process_batch`."""
    job = current_job()
    work = _work(operation_named(operation), options)
    source = settings.readable_path(file)
    item = Item(file, source, settings.output_path(target) if target else None)
    if not parent_runs(parent):
        return asdict(stopped(item))
    if not Claims(_database()).take(batch, place, str(job.id)):
        return asdict(Report(file, ELSEWHERE))
    return asdict(run_item(item, work, job.progress))


def _work(operation: Operation, options: dict[str, Any]) -> Work:
    operation.check(options)
    return Work(operation, options, Done(_database()), settings.state_folder() / "scratch")


def _database() -> Path:
    return settings.state_folder() / "files.db"


def _call(item: Item, operation: str, options: dict[str, Any]) -> dict[str, Any]:
    root = settings.output_folder().resolve()
    target = str(item.target.relative_to(root)) if item.target else None
    return {"file": item.file, "target": target, "operation": operation, "options": options}
