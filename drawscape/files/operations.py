"""What a batch can do to each of its files."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drawscape.atomic import write_atomic
from drawscape.data import FORMATS, Options, convert, format_named, memory_mb, suffix_of
from drawscape.errors import UnknownNameError

Progress = Callable[[float, str], None]
Facts = Mapping[str, Any]
Run = Callable[[Path, Path, Facts, Progress], Facts]


@dataclass(frozen=True)
class Operation:
    """One thing to do with a file.

    `run(source, target, options, progress)` returns facts for the report; `folder` and `suffix` are
    those of the file it writes. Without a suffix it writes none for each, and `target` is the source.
    `check(options)` raises for options that it does not take.
    """

    name: str
    folder: str
    suffix: str | None
    run: Run
    check: Callable[[Mapping[str, Any]], object]


def operation_named(name: str, scratch: Path) -> Operation:
    """Return the operation: convert_to_FORMAT, optimize_svg, svg_to_png, checksum, zip.

    Conversions put what does not fit into memory below `scratch`. Raises UnknownNameError, with the
    near ones, for any other.
    """
    known = {operation.name: operation for operation in _OPERATIONS}
    if name.startswith("convert_to_"):
        return _conversion(format_named(name.removeprefix("convert_to_")), scratch)
    if name not in known:
        raise UnknownNameError("operation", name, [*known, *(f"convert_to_{f}" for f in FORMATS)])
    return known[name]


def _conversion(form: str, scratch: Path) -> Operation:
    def run(source: Path, target: Path, options: Facts, progress: Progress) -> Facts:
        done = convert(
            source,
            target,
            scratch=scratch,
            target_format=form,
            options=Options.of(options),
            memory_mb=memory_mb(),
            progress=progress,
        )
        return {"rows": done.rows, "notes": list(done.notes)}

    return Operation(f"convert_to_{form}", "data", suffix_of(form), run, Options.of)


def _optimize(source: Path, target: Path, options: Facts, progress: Progress) -> Facts:
    from drawscape.plot import optimize
    from drawscape.plot.export.svg import to_svg
    from drawscape.svg.read import read_svg

    document = optimize(read_svg(source), on_progress=progress, **options)
    write_atomic(target, [to_svg(document)])
    return {"lines": sum(len(layer.lines) for layer in document.layers)}


def _to_png(source: Path, target: Path, options: Facts, progress: Progress) -> Facts:
    from drawscape.plot.export.png import to_png
    from drawscape.svg.read import read_svg

    document = read_svg(source)
    progress(0.5, "painting")
    write_atomic(target, [to_png(document, **options)])
    return {}


def sha256(path: Path) -> str:
    """Return the file's SHA-256 in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _checksum(source: Path, _target: Path, _options: Facts, _progress: Progress) -> Facts:
    return {"sha256": sha256(source)}


def _zipped(_source: Path, _target: Path, _options: Facts, _progress: Progress) -> Facts:
    return {}  # the archive is written once all files are known


def _only(*names: str) -> Callable[[Mapping[str, Any]], None]:
    def check(options: Mapping[str, Any]) -> None:
        for name in options:
            if name not in names:
                raise UnknownNameError("option", name, names)

    return check


_OPTIMIZING = _only(
    "tolerance_mm", "simplify_mm", "drop_shorter_mm", "deduplicate", "effort", "start"
)
_OPERATIONS = (
    Operation("optimize_svg", "optimized", ".svg", _optimize, _OPTIMIZING),
    Operation("svg_to_png", "png", ".png", _to_png, _only("dpi", "background")),
    Operation("checksum", "checksums", None, _checksum, _only()),
    Operation("zip", "archives", None, _zipped, _only()),
)
