"""Many files, one operation: planned, done one by one, reported one by one."""

import hashlib
import json
import re
import shutil
import time
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import Any

from drawscape.atomic import atomic_path, write_atomic
from drawscape.data import FORMATS, Options, convert, format_named, memory_mb, suffix_of
from drawscape.errors import ParameterError, UnknownNameError
from drawscape.notes import Notes

Progress = Callable[[float, str], None]
Facts = Mapping[str, Any]

_GOOD = ("done", "skipped")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\/:]")
_MADE = (1980, 1, 1, 0, 0, 0)  # the earliest date that a zip knows: archives do not depend on today
_MODE = 0o644 << 16


# What can be done with a file


@dataclass(frozen=True)
class Operation:
    """One thing to do with a file.

    `run(source, target, options, progress)` returns facts for the report; `folder` and `suffix` are
    those of the file it writes. Without a suffix it writes none for each, and `target` is the source.
    It takes the options that are named, or those of conversions.
    """

    name: str
    folder: str
    suffix: str | None
    run: Callable[[Path, Path, Facts, Progress], Facts]
    options: tuple[str, ...] | None = ()

    def check(self, options: Facts) -> None:
        """Raise UnknownNameError or ParameterError for an option that it does not take."""
        if self.options is None:
            Options.of(options)
            return
        for name in options:
            if name not in self.options:
                raise UnknownNameError("option", name, self.options)


def operation_named(name: str, scratch: Path) -> Operation:
    """Return the operation: convert_to_FORMAT, optimize_svg, svg_to_png, checksum, zip.

    Conversions put what does not fit into memory below `scratch`. Raises UnknownNameError, with the
    near ones, for any other.
    """
    known = {operation.name: operation for operation in _OPERATIONS}
    if name in known:
        return known[name]
    if not name.startswith("convert_to_"):
        raise UnknownNameError("operation", name, [*known, *(f"convert_to_{f}" for f in FORMATS)])
    form = format_named(name.removeprefix("convert_to_"))

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

    return Operation(f"convert_to_{form}", "data", suffix_of(form), run, None)


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


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


_OPTIMIZING = ("tolerance_mm", "simplify_mm", "drop_shorter_mm", "deduplicate", "effort", "start")
_OPERATIONS = (
    Operation("optimize_svg", "optimized", ".svg", _optimize, _OPTIMIZING),
    Operation("svg_to_png", "png", ".png", _to_png, ("dpi", "background")),
    Operation("checksum", "checksums", None, lambda source, *_: {"sha256": _sha256(source)}),
    Operation("zip", "archives", None, lambda *_: {}),  # written once all files are known
)


# The batch


@dataclass(frozen=True)
class File:
    """One file of a batch, and what became of it: done, skipped (unchanged since), failed or stopped."""

    file: str
    source: Path = Path()
    target: Path | None = None
    status: str = ""
    error: str | None = None
    seconds: float = 0.0
    facts: Facts = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        """Whether it was done, now or before."""
        return self.status in _GOOD

    def report(self) -> dict[str, Any]:
        """Return what became of it as a plain dictionary, the facts among the rest."""
        output = str(self.target) if self.target and self.is_good else None
        return {
            "file": self.file,
            "status": self.status,
            "output": output,
            "error": self.error,
            "seconds": self.seconds,
            **self.facts,
        }


def plan(
    files: Sequence[str], operation: Operation, *, find: Callable[[str], Path], folder: Path
) -> list[File]:
    """Return the files of a batch; one that `find` does not find has failed.

    Outputs lie in `folder` and are named as their files; doubles are numbered.
    """
    if isinstance(files, (str, bytes)) or not all(isinstance(file, str) for file in files):
        raise ParameterError("file_list", files, "must be a list of file names")
    targets = distinct(f"{Path(file).stem}{operation.suffix}" for file in files)
    planned = []
    for file, name in zip(files, targets, strict=True):
        target = folder / name if operation.suffix else None
        try:
            one = File(file, find(file), target)
        except (OSError, ValueError) as problem:
            one = File(file, status="failed", error=str(problem))
        if one.source == target:
            one = replace(one, status="failed", error="its output would take its own place")
        planned.append(one)
    return planned


def distinct(names: Iterable[str]) -> list[str]:
    """Return the names, later doubles numbered before their suffix: 'a.csv', 'a-2.csv'.

    Letter case does not count as a difference, since some file systems see none.
    """
    taken: set[str] = set()
    chosen = []
    for name in names:
        path, number, candidate = PurePath(name), 1, name
        while candidate.lower() in taken:
            number += 1
            candidate = f"{path.stem}-{number}{path.suffix}"
        taken.add(candidate.lower())
        chosen.append(candidate)
    return chosen


def run(
    files: Sequence[File],
    operation: Operation,
    options: Facts,
    notes: Notes,
    *,
    folder: Path,
    progress: Progress,
    is_stopped: Callable[[], bool],
) -> list[dict[str, Any]]:
    """Return the reports of the files in their order; what was done before is skipped.

    What goes wrong with a file is in its report, and does not spoil the others. Once `is_stopped()`
    holds, no further file is begun.
    """
    done: list[File] = []
    for number, one in enumerate(files):

        def report(fraction: float, message: str, number: int = number) -> None:
            words = f"{number + 1} of {len(files)} files, {files[number].file}"
            progress((number + fraction) / len(files), f"{words}: {message}" if message else words)

        if is_stopped():
            one = replace(one, status="stopped", error="the batch was stopped before it")
        else:
            report(0.0, "")
            one = one if one.error else _done(one, operation, options, notes, report)
        done.append(one)
    if operation.suffix is None:
        done = _with_common_file(done, operation, folder, notes)
    return [one.report() for one in done]


def _done(
    one: File, operation: Operation, options: Facts, notes: Notes, progress: Progress
) -> File:
    begun = time.monotonic()
    key = _key(operation.name, options, one.source, one.target)
    try:
        facts = _known_facts(notes.get(key), one.source, one.target)
        if facts is not None:
            return replace(one, status="skipped", facts=facts)
        before = _state(one.source)
        facts = operation.run(one.source, one.target or one.source, options, progress)
        _note(notes, key, one.source, before, one.target, facts)
        one = replace(one, status="done", facts=facts)
    except Exception as problem:  # noqa: BLE001 - any trouble with a file is that file's alone
        one = replace(one, status="failed", error=f"{type(problem).__name__}: {problem}")
    return replace(one, seconds=time.monotonic() - begun)


# What is noted of work, so that it is not done again


def _key(*parts: Any) -> str:
    """Return a key for a piece of work: the same for the same operation, options and paths."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def _note(
    notes: Notes, key: str, source: Path, before: Sequence[int], output: Path | None, facts: Facts
) -> None:
    """Note that work is done, unless the source has changed since `before`, when it began."""
    digest = _sha256(source)
    if _state(source) == before:
        made = _state(output) if output else None
        noted = {"sha256": digest, "source": before, "output": made, "facts": dict(facts)}
        notes.put(key, noted)


def _known_facts(note: Any, source: Path, output: Path | None) -> Facts | None:
    """Return the facts in a note; None if the work must be done (again).

    The source must be unchanged, by size and time or by its checksum, and the output just as it
    was written.
    """
    if note is None or (output and not (output.is_file() and _state(output) == note["output"])):
        return None
    if _state(source) != note["source"] and _sha256(source) != note["sha256"]:
        return None
    facts: Facts = note["facts"]
    return facts


def _state(path: Path) -> list[int]:
    """Return what shows whether a file is still the same: its size and its time of change."""
    found = path.stat()
    return [found.st_size, found.st_mtime_ns]


# What a batch makes of all its files together


def _with_common_file(
    files: list[File], operation: Operation, folder: Path, notes: Notes
) -> list[File]:
    """Return the files with the one in `folder` that holds all the good ones for their output.

    Its name is made of the list of files, so that the same batch writes the same file.
    """
    good = [one for one in files if one.is_good]
    if not good:
        return files
    stem = folder / f"{operation.name}-{_key([str(one.source) for one in files])[:12]}"
    if operation.name == "checksum":
        target = stem.with_suffix(".sha256")
        # As `sha256sum --check` reads them.
        lines = [f"{one.facts['sha256']}  {one.file}\n" for one in good]
        write_atomic(target, ["".join(lines).encode()])
        return [replace(one, target=target if one.is_good else None) for one in files]
    target = stem.with_suffix(".zip")
    status = "skipped" if _zip([one.source for one in good], target, notes) else "done"
    return [replace(one, target=target, status=status) if one.is_good else one for one in files]


def _zip(sources: Sequence[Path], target: Path, notes: Notes) -> bool:
    """Write the archive unless it is there and nothing has changed; return whether it was."""
    states = [_state(source) for source in sources]
    key = _key("zip", [str(source) for source in sources], states)
    if _known_facts(notes.get(key), sources[0], target) is not None:
        return True
    # What another system would take for a folder or a drive (`..\x`, `C:x`) becomes `_`.
    names = distinct(_UNSAFE.sub("_", path.name) for path in sources)
    write_zip(target, list(zip(sources, names, strict=True)))
    _note(notes, key, sources[0], states[0], target, {})
    return False


def write_zip(target: Path, files: Sequence[tuple[Path, str]]) -> None:
    """Write the files, as (path, name in the archive), to the archive `target`, whole or not at all.

    Names are plain file names, so nothing can be unpacked outside of its folder. Dates and modes are
    fixed: the same files make the same bytes.
    """
    with atomic_path(target) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for path, name in files:
            entry = zipfile.ZipInfo(name, _MADE)
            entry.external_attr = _MODE
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.file_size = path.stat().st_size
            with path.open("rb") as source, archive.open(entry, "w") as packed:
                shutil.copyfileobj(source, packed, 1 << 20)
