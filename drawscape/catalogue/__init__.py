"""Every drawing that was made: its recipe, figures, thumbnail and marks, in a SQLite file beside the queue.

The files are the truth, and the rows are an index of them, which `rebuild` recreates. Read drawing.py and
marks.py, then index.py (rows for files), existing.py (what need not be drawn), and query.py. The tables and
the documents of sheets and forms are in database.py; redraw.py draws again.
"""

from drawscape.catalogue.database import (
    recent_store,
    settings_key,
    settings_store,
    sheet_store,
)
from drawscape.catalogue.drafts import draft_for, is_draft, keep_draft
from drawscape.catalogue.drawing import Drawing, Figures
from drawscape.catalogue.existing import find_existing, latest_for
from drawscape.catalogue.index import rebuild, record, refresh
from drawscape.catalogue.listing import Drawings
from drawscape.catalogue.marks import KEPT, REJECTED
from drawscape.catalogue.prune import Pruning, pruning
from drawscape.catalogue.query import drawings, find
from drawscape.catalogue.redraw import RedrawComparison, compare_again, redraw_file
from drawscape.catalogue.sources import source_in

__all__ = [
    "KEPT", "REJECTED", "Drawing", "Drawings", "Figures", "Pruning", "RedrawComparison",
    "compare_again", "draft_for", "drawings", "find", "find_existing", "is_draft", "keep_draft",
    "latest_for", "pruning", "rebuild", "recent_store", "record", "redraw_file",
    "refresh", "settings_key", "settings_store", "sheet_store", "source_in",
]  # fmt: skip
