"""File names that differ."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath


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
