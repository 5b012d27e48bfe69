"""The task that converts a data file."""

from typing import Any

from drawscape import settings
from drawscape.data import SUFFIXES, convert, format_named
from drawscape.jobs import current_job
from drawscape.parameters import InputFile


def process_file(
    file_path: InputFile,
    format: str,
    *,
    output_filename: str | None = None,
    source_format: str | None = None,
    **options: Any,
) -> str:
    """Return the absolute path of the file `file_path` converted to `format`.

    Formats, to read and to write: csv, tsv, json, ndjson, parquet. The source's format is that of its suffix
    unless `source_format` names another. The output is `output/data/<name>.<suffix>` unless
    `output_filename` names another inside `output/`; it is complete or missing. `options` are those of
    `drawscape.data.convert` (delimiter, quote, encoding, header, skip_rows, decimal).

    Raises ForbiddenPathError, FileNotFoundError, UnknownNameError (a format or option, with similar
    ones) and DataError, with DuckDB's reason.

    >>> print(Path(process_file("pens.csv", "ndjson")).read_text().strip())
    {"pen":"red","width":0.5}
    """
    source = settings.readable_path(file_path)
    target_format = format_named(format)
    name = output_filename or f"data/{source.stem}{SUFFIXES[target_format]}"
    done = convert(
        source,
        settings.output_path(name),
        scratch=settings.state_folder() / "scratch",
        source_format=source_format,
        target_format=target_format,
        options=options,
    )
    current_job().progress(1.0, f"{done.rows:,} rows")
    return str(done.path)
