"""The task that works through many files."""

from collections import Counter
from typing import Any

from drawscape import settings
from drawscape.files.batch import operation_named, run
from drawscape.jobs import current_job
from drawscape.notes import open_notes


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
    all processors, queue several batches with `enqueue_many`. Outputs are whole or absent, whatever
    kills the worker. What was not reached when the job was asked to stop is done by running it again.

    Raises, for the batch as a whole, UnknownNameError (the operation, or an option) and
    ParameterError.

    >>> [report["status"] for report in process_batch(["pens.csv", "lost.csv"], "checksum")]
    ['done', 'failed']
    """
    job = current_job()
    chosen = operation_named(operation, settings.state_folder() / "scratch")
    chosen.check(options)
    folder = settings.output_path(f"{output_folder or chosen.folder}/x").parent
    with open_notes(settings.state_folder() / "files.db") as notes:
        reports = run(
            file_list,
            chosen,
            options,
            notes,
            find=settings.readable_path,
            folder=folder,
            progress=job.progress,
            is_stopped=lambda: job.is_canceled,
        )
    job.progress(1.0, f"{len(reports)} files")
    counts = Counter(report["status"] for report in reports)
    job.log(", ".join(f"{count} {status}" for status, count in counts.items()) or "no files")
    return reports
