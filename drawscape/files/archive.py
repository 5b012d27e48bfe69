"""Zip archives that are the same bytes for the same files, with names that stay inside."""

import re
import shutil
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from drawscape.atomic import atomic_path
from drawscape.files.batch import distinct

_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\/:]")
_MADE = (1980, 1, 1, 0, 0, 0)  # the earliest date that a zip knows: archives do not depend on today
_MODE = 0o644 << 16


def member_names(paths: Iterable[Path]) -> list[str]:
    """Return a name in the archive for each file: its own, without folders, doubles numbered.

    What another system would take for a folder or a drive (`..\\x`, `C:x`) becomes `_`.
    """
    return distinct(_UNSAFE.sub("_", path.name) for path in paths)


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
