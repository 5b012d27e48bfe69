"""Every drawing that was made: its recipe, figures, thumbnail and marks, in a SQLite file beside the queue.

The files are the truth and the rows an index of them, which `rebuild` makes again; marks (stars, tags, notes)
belong to recipes and survive. Read drawing.py, index.py (rows for files, what stands, drafts) and query.py.
Then database.py has the tables, and the documents of sheets and forms; redraw.py draws again.
"""

from drawscape.catalogue.database import (
    named_store,
    recent_store,
    settings_key,
    settings_store,
    sheet_store,
)
from drawscape.catalogue.drawing import KEPT, REJECTED, Drawing, Figures
from drawscape.catalogue.index import (
    draft_for,
    drawn_for,
    is_draft,
    keep_draft,
    rebuild,
    record,
    refresh,
    source_in,
    standing,
)
from drawscape.catalogue.query import Drawings, Pruning, Traits, drawings, find, pruning
from drawscape.catalogue.redraw import Comparison, compare_again, redraw_file

__all__ = [
    "KEPT", "REJECTED", "Comparison", "Drawing", "Drawings", "Figures", "Pruning", "Traits",
    "compare_again", "draft_for", "drawings", "drawn_for", "find", "is_draft", "keep_draft",
    "named_store", "pruning", "rebuild", "recent_store", "record", "redraw_file", "refresh",
    "settings_key", "settings_store", "sheet_store", "source_in", "standing",
]  # fmt: skip
