"""What a batch can do to each of its files."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drawscape.atomic import write_atomic
from drawscape.data import FORMATS, Options, convert, format_named, memory_mb, suffix_of
from drawscape.errors import UnknownNameError

Progress = Callable[[float, str], object]


@dataclass(frozen=True)
class Place:
    """Where an operation works: from `source` to `target`, with room for scratch files."""

    source: Path
    target: Path | None
    scratch: Path


@dataclass(frozen=True)
class Operation:
    """One thing to do with a file.

    `run(place, options, progress)` returns facts for the report; `folder` and `suffix` are those of
    the file it writes, None when it writes none for each. `check(options)` raises for options that it
    does not take.
    """

    name: str
    folder: str
    suffix: str | None
    run: Callable[[Place, Mapping[str, Any], Progress], Mapping[str, Any]]
    check: Callable[[Mapping[str, Any]], object]


def operation_named(name: str) -> Operation:
    """Return the operation: convert_to_FORMAT, optimize_svg, svg_to_png, checksum, zip.

    Raises UnknownNameError, with the near ones, for any other.
    """
    known = _OPERATIONS
    if name.startswith("convert_to_") and name not in known:
        form = format_named(name.removeprefix("convert_to_"))
        return _conversion(form)
    if name not in known:
        raise UnknownNameError("operation", name, known)
    return known[name]


def _conversion(form: str) -> Operation:
    def run(place: Place, options: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
        done = convert(
            place.source,
            _target(place),
            scratch=place.scratch,
            target_format=form,
            options=Options.of(options),
            memory_mb=memory_mb(),
            progress=progress,
        )
        return {"rows": done.rows, "notes": list(done.notes)}

    return Operation(f"convert_to_{form}", "data", suffix_of(form), run, Options.of)


def _optimize(place: Place, options: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
    from drawscape.plot import optimize
    from drawscape.plot.export.svg import to_svg
    from drawscape.svg.read import read_svg

    def report(fraction: float, step: str) -> None:
        progress(fraction, step)

    document = optimize(read_svg(place.source), on_progress=report, **options)
    write_atomic(_target(place), [to_svg(document)])
    return {"lines": sum(len(layer.lines) for layer in document.layers)}


def _to_png(place: Place, options: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
    from drawscape.plot.export.png import to_png
    from drawscape.svg.read import read_svg

    document = read_svg(place.source)
    progress(0.5, "painting")
    write_atomic(_target(place), [to_png(document, **options)])
    return {}


def _checksum(place: Place, options: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
    return {"sha256": sha256(place.source)}


def sha256(path: Path) -> str:
    """Return the file's SHA-256 in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _zipped(place: Place, options: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
    """Do nothing yet: the archive is written once all files are known."""
    return {}


def _only(*names: str) -> Callable[[Mapping[str, Any]], None]:
    def check(options: Mapping[str, Any]) -> None:
        for name in options:
            if name not in names:
                raise UnknownNameError("option", name, names)

    return check


def _target(place: Place) -> Path:
    if place.target is None:
        raise TypeError("an operation that writes a file needs a target")
    return place.target


_OPTIMIZING = _only(
    "tolerance_mm", "simplify_mm", "drop_shorter_mm", "deduplicate", "effort", "start"
)
_OPERATIONS = {
    operation.name: operation
    for operation in (
        *(_conversion(form) for form in FORMATS),
        Operation("optimize_svg", "optimized", ".svg", _optimize, _OPTIMIZING),
        Operation("svg_to_png", "png", ".png", _to_png, _only("dpi", "background")),
        Operation("checksum", "checksums", None, _checksum, _only()),
        Operation("zip", "archives", None, _zipped, _only()),
    )
}
