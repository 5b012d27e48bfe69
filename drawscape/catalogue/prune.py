"""Pruning: which drawings may be deleted, so that the disk does not fill."""

from dataclasses import dataclass
from datetime import datetime

from drawscape.catalogue.database import full_path, read_rows
from drawscape.catalogue.drawing import Drawing
from drawscape.catalogue.index import index_file, stands
from drawscape.catalogue.marks import Marks, marks_of_each
from drawscape.catalogue.query import drawings


@dataclass(frozen=True)
class Pruning:
    """The plan of pruning: the drawings to delete, and how many stay for which reason."""

    going: tuple[Drawing, ...]
    marked: int
    """Have stars, tags, a note or a name."""
    edited: int
    """Were edited by hand, and have no marks."""
    newer: int
    """Are too new, have no marks, and were not edited."""

    @property
    def size(self) -> int:
        """The bytes of the files to delete."""
        return sum(one.size for one in self.going)


def pruning(before: datetime | None = None) -> Pruning:
    """Return the drawings to delete: those made before that moment, without marks, and not edited by hand.

    >>> drawings("harmonograph")[0] in pruning().going
    True
    """
    # A folder's time does not show that a file in it was rewritten.
    for row in read_rows("select * from drawing where not deleted"):
        if not stands(row):
            index_file(full_path(row["path"]))
    found = list(drawings())
    marks = marks_of_each(one.mark_key for one in found)
    plain = [one for one in found if marks[one.mark_key] == Marks()]
    untouched = [one for one in plain if not one.edited]
    going = tuple(one for one in untouched if before is None or one.drawn_at <= before)
    return Pruning(
        going,
        marked=len(found) - len(plain),
        edited=len(plain) - len(untouched),
        newer=len(untouched) - len(going),
    )
