"""Tasks that convert data files."""

from typing import Any

from drawscape import settings
from drawscape.data import SUFFIXES, Options, convert, format_named, memory_mb
from drawscape.jobs import current_job


def process_file(
    file_path: str,
    format: str,
    *,
    output_filename: str | None = None,
    source_format: str | None = None,
    **options: Any,
) -> str:
    """Return the absolute path of the file `file_path` converted to `format`.

    Formats, to read and to write: csv, tsv, json, ndjson, parquet, excel (`.xlsx`). The source's is
    that of its suffix unless `source_format` says otherwise. The output is
    `output/data/<name>.<suffix>` unless `output_filename` names another inside `output/`; it is complete
    or absent. `options` say what a file cannot: see `drawscape.data.Options` (delimiter, encoding,
    header, types, nulls, decimal, date_format, ragged, ...). Memory stays near
    `DRAWSCAPE_DATA_MEMORY_MB` (512).

    Raises ForbiddenPathError, FileNotFoundError, UnknownNameError (a format or option, with the near
    ones), ParameterError (an option's value) and DataError, which names the place in the file.

    >>> print(Path(process_file("pens.csv", "ndjson")).read_text().strip())
    {"pen":"red","width":0.5}
    """
    job = current_job()
    source = settings.readable_path(file_path)
    target_format = format_named(format)
    name = output_filename or f"data/{source.stem}{SUFFIXES[target_format]}"
    done = convert(
        source,
        settings.output_path(name),
        scratch=settings.state_folder() / "scratch",
        source_format=source_format,
        target_format=target_format,
        options=Options.of(options),
        memory_mb=memory_mb(),
        progress=job.progress,
    )
    for note in done.notes:
        job.log(f"{source.name}: {note}")
    return str(done.path)
