"""Tasks that work through many files."""

from collections.abc import Iterator, Sequence
from typing import Any

from drawscape import settings
from drawscape.files.batch import Item, Report, Work, known_report, plan, run_item, stopped, summary
from drawscape.files.bundle import finish
from drawscape.files.pool import Outcome, pays, run_pool
from drawscape.jobs import JobContext, current_job
from drawscape.notes import Notes, open_notes


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
    only what is new or changed; the rest is `skipped`. Inside a worker many files are shared among
    processes of the job, one for each processor; they end with it. Outputs are whole or absent,
    whatever kills the worker. Asked to stop, the job finishes the files in hand; what was not reached
    can be done by running it again.

    Raises, for the batch as a whole, UnknownNameError (the operation, or an option) and
    ParameterError.

    >>> [report["status"] for report in process_batch(["pens.csv", "lost.csv"], "checksum")]
    ['done', 'failed']
    """
    job = current_job()
    work = Work(operation, options, settings.state_folder() / "scratch")
    work.operation.check(options)
    folder = settings.output_path(f"{output_folder or work.operation.folder}/x").parent
    items = plan(file_list, work.operation, find=settings.readable_path, folder=folder)
    with open_notes(settings.state_folder() / "files.db") as notes:
        reports = finish(_run(items, work, notes, job), items, work, folder, notes)
    job.progress(1.0, f"{len(items)} files")
    job.log(summary(reports))
    return [report.as_dict() for report in reports]


def process_one(*arguments: Any, **named: Any) -> dict[str, Any]:
    """Return a report that says `stopped`: version 0.2 queued one job for each file of a batch.

    Such a job may still be in a queue; `process_batch` does all files itself now.
    """
    file = str(named.get("file", arguments[0] if arguments else ""))
    return Report(file, "stopped", error="its batch does this file itself").as_dict()


def _run(items: Sequence[Item], work: Work, notes: Notes, job: JobContext) -> list[Report]:
    """Return the reports of the items in their order, noting what was done."""
    keys = [work.key(item) for item in items]
    reports = [known_report(item, notes.get(key)) for item, key in zip(items, keys, strict=True)]
    todo = {index: items[index] for index, report in enumerate(reports) if report is None}
    done = len(items) - len(todo)
    pooled = job.id is not None and work.operation.suffix and pays(list(todo.values()))
    outcomes = (
        run_pool(todo, work, lambda: job.is_canceled)
        if pooled
        else _run_here(todo, work, job, done, len(items))
    )

    def record(outcome: Outcome) -> None:
        nonlocal done
        index, reports[index], note = outcome
        if note:
            notes.put(keys[index], note)
        done += 1
        job.progress(done / len(items), f"{done} of {len(items)} files")

    try:
        for outcome in outcomes:
            record(outcome)
    except Exception:
        raise
    except BaseException:  # asked to stop, just between two outcomes
        for outcome in outcomes:
            record(outcome)
        raise
    return [report or stopped(item) for report, item in zip(reports, items, strict=True)]


def _run_here(
    items: dict[int, Item], work: Work, job: JobContext, done: int, total: int
) -> Iterator[Outcome]:
    """Yield what becomes of the items, one after the other, until the job is asked to stop."""
    for index, item in items.items():
        if job.is_canceled:
            return

        def report(
            fraction: float, message: str, file: str = item.file, before: int = done
        ) -> None:
            job.progress((before + fraction) / total, f"{file}: {message}" if message else file)

        report(0.0, "")
        yield (index, *run_item(item, work, report))
        done += 1
