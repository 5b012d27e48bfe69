"""What a project says of itself: `drawscape.toml`, or `[tool.drawscape]` in its pyproject.toml."""

import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from drawscape.errors import SettingsError

_KEYS = ("task-modules", "data-dirs")


def project_table(folder: Path) -> dict[str, Any] | None:
    """Return the project's own settings, None where `folder` is not a project.

    Raises SettingsError for a file that is broken and for a key that is not known.
    """
    for name in ("drawscape.toml", "pyproject.toml"):
        file = f"{folder}/{name}"  # as text: this is asked at each enqueue
        try:
            found = _read_table(file, os.stat(file).st_mtime_ns)
        except OSError:  # not there, or of somebody else
            continue
        if found is not None:
            return found
    return None


@lru_cache(maxsize=64)
def _read_table(file: str, _modified_ns: int) -> dict[str, Any] | None:
    text = Path(file).read_text(encoding="utf-8", errors="replace")
    own = file.endswith("drawscape.toml")
    if not own and "tool.drawscape" not in text:
        return None  # most of the world's pyproject.toml files, broken ones included
    import tomllib

    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file}: {error}") from None
    table = found if own else found.get("tool", {}).get("drawscape")
    if table is None:
        return None
    for key, value in table.items():
        if key not in _KEYS:
            raise SettingsError(f"{file}: unknown setting {key!r}; known: {', '.join(_KEYS)}")
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise SettingsError(f"{file}: {key} = {value!r}; give a list of strings")
    return table
