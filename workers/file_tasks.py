"""Tasks that work through many files."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drawscape import settings
from drawscape.files.batch import Item, Report, Work, known_report, plan, run_item, stopped
from drawscape.files.claims import Claims
from drawscape.files.done import Done
from drawscape.files.joint import finish
from drawscape.files.operations import Operation, operation_named
from drawscape.files.spread import ELSEWHERE, can_spread, parent_runs, run_here, run_spread
from drawscape.job_manager import current_job


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
    folder = output_folder or work.operation.folder
    items = plan(
        file_list,
        work.operation,
        find=settings.readable_path,
        folder=settings.output_path(f"{folder}/x").parent,
    )
    reports: dict[int, Report] = {}
    for place, item in enumerate(items):
        report = known_report(item, work)
        if report is not None:
            reports[place] = report
    todo = {place: item for place, item in enumerate(items) if place not in reports}
    shown = {"job": job, "before": len(reports), "total": len(items)}
    if can_spread(job, len(todo)) and work.operation.suffix:
        reports |= run_spread(
            todo,
            work,
            claims=Claims(_database()),
            child="workers.file_tasks.process_one",
            calls=lambda place, item: _call(item, operation, options),
            **shown,
        )
    else:
        reports |= run_here(todo, work, **shown)
    ordered = [reports[place] for place in range(len(items))]
    ordered = finish(ordered, items, work, settings.output_path(f"{folder}/x").parent)
    counts = {
        s: sum(r.status == s for r in ordered) for s in ("done", "skipped", "failed", "stopped")
    }
    job.log(
        ", ".join(f"{count} {status}" for status, count in counts.items() if count) or "no files"
    )
    job.progress(1.0, f"{len(items)} files")
    return [report.as_dict() for report in ordered]


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


def _database() -> Any:
    return settings.state_folder() / "files.db"


def _call(item: Item, operation: str, options: dict[str, Any]) -> dict[str, Any]:
    root = settings.output_folder().resolve()
    target = str(item.target.relative_to(root)) if item.target else None
    return {"file": item.file, "target": target, "operation": operation, "options": options}
