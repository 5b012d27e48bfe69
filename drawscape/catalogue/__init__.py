"""Every drawing that was made: its recipe, figures, thumbnail and marks, in a SQLite file of its own.

The files are the truth and the rows an index of them, which `rebuild` makes again; marks (stars, tags, notes)
belong to recipes and survive. Read database.py, drawing.py and query.py first, then record.py, thumbnail.py
and lookup.py, which the worker and the forms use; documents.py keeps sheets and the settings of forms.
"""

from drawscape.catalogue.documents import recent_store, settings_key, settings_store, sheet_store
from drawscape.catalogue.drawing import Drawing
from drawscape.catalogue.figures import Figures
from drawscape.catalogue.index import rebuild, refresh
from drawscape.catalogue.lookup import drawn_for, standing
from drawscape.catalogue.marks import KEPT, REJECTED
from drawscape.catalogue.query import Drawings, drawings, find
from drawscape.catalogue.record import record
from drawscape.catalogue.redraw import Comparison, compare_again, redraw_file, source_in

__all__ = [
    "KEPT",
    "REJECTED",
    "Comparison",
    "Drawing",
    "Drawings",
    "Figures",
    "compare_again",
    "drawings",
    "drawn_for",
    "find",
    "rebuild",
    "recent_store",
    "record",
    "redraw_file",
    "refresh",
    "settings_key",
    "settings_store",
    "sheet_store",
    "source_in",
    "standing",
]
