"""What a batch makes of all its files together: the archive, the list of checksums."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from drawscape.atomic import write_atomic
from drawscape.files.archive import member_names, write_zip
from drawscape.files.batch import Item, Report, Work, known_facts, note_of, state, work_key
from drawscape.notes import Notes

_GOOD = ("done", "skipped")


def finish(
    reports: Sequence[Report], items: Sequence[Item], work: Work, folder: Path, notes: Notes
) -> list[Report]:
    """Return the reports with the file in `folder` that holds all the good ones, where one is due.

    Its name is made of the list of files, so that the same batch writes the same file.
    """
    name = work.operation.name
    good = [index for index, report in enumerate(reports) if report.status in _GOOD]
    if name not in ("zip", "checksum") or not good:
        return list(reports)
    stem = f"{name}-{work_key([str(item.source) for item in items])[:12]}"
    if name == "checksum":
        target = folder / f"{stem}.sha256"
        _write_list(target, [reports[index] for index in good])
        return _with_output(reports, target)
    target = folder / f"{stem}.zip"
    skipped = _zip([items[index] for index in good], target, notes)
    status = "skipped" if skipped else "done"
    made = _with_output(reports, target)
    return [replace(r, status=status) if r.status in _GOOD else r for r in made]


def _write_list(target: Path, reports: Sequence[Report]) -> None:
    """Write the checksums as `sha256sum --check` reads them."""
    lines = [f"{report.facts['sha256']}  {report.file}\n" for report in reports]
    write_atomic(target, ["".join(lines).encode()])


def _zip(items: Sequence[Item], target: Path, notes: Notes) -> bool:
    """Write the archive unless it is there and nothing has changed; return whether it was."""
    sources = [item.source for item in items if item.source is not None]
    states = [state(source) for source in sources]
    key = work_key("zip", [str(source) for source in sources], states)
    if known_facts(notes.get(key), sources[0], target) is not None:
        return True
    write_zip(target, list(zip(sources, member_names(sources), strict=True)))
    note = note_of(sources[0], states[0], target, {})
    if note:
        notes.put(key, note)
    return False


def _with_output(reports: Sequence[Report], target: Path) -> list[Report]:
    return [replace(r, output=str(target)) if r.status in _GOOD else r for r in reports]
