"""What a batch makes of all its files together: the archive, the list of checksums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from drawscape.atomic import write_atomic
from drawscape.files.archive import member_names, write_zip
from drawscape.files.batch import Item, Report, Work
from drawscape.files.done import State, work_key

_GOOD = ("done", "skipped")


def finish(
    reports: Sequence[Report], items: Sequence[Item], work: Work, folder: Path
) -> list[Report]:
    """Return the reports with the file in `folder` that holds all the good ones, where one is due.

    Its name is made of the list of files, so that the same batch writes the same file.
    """
    name = work.operation.name
    good = [place for place, report in enumerate(reports) if report.status in _GOOD]
    if name not in ("zip", "checksum") or not good:
        return list(reports)
    stem = f"{name}-{work_key([str(item.source) for item in items])[:12]}"
    if name == "checksum":
        target = folder / f"{stem}.sha256"
        _write_list(target, [reports[place] for place in good])
        return _with_output(reports, target)
    target = folder / f"{stem}.zip"
    skipped = _zip([items[place] for place in good], target, work)
    told = _with_output(reports, target)
    status = "skipped" if skipped else "done"
    return [replace(r, status=status) if r.status in _GOOD else r for r in told]


def _write_list(target: Path, reports: Sequence[Report]) -> None:
    """Write the checksums as `sha256sum --check` reads them."""
    lines = [f"{report.facts['sha256']}  {report.file}\n" for report in reports]
    write_atomic(target, ["".join(lines).encode()])


def _zip(items: Sequence[Item], target: Path, work: Work) -> bool:
    """Write the archive unless it is there and nothing has changed; return whether it was."""
    sources = [item.source for item in items if item.source is not None]
    states = [State.of(source) for source in sources]
    told = [
        [str(s), state.size, state.changed_ns] for s, state in zip(sources, states, strict=True)
    ]
    key = work_key("zip", told)
    if work.done.facts(key, sources[0], target) is not None:
        return True
    write_zip(target, list(zip(sources, member_names(sources), strict=True)))
    work.done.note(key, sources[0], states[0], target, {})
    return False


def _with_output(reports: Sequence[Report], target: Path) -> list[Report]:
    return [replace(r, output=str(target)) if r.status in _GOOD else r for r in reports]
