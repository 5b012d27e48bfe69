"""Editions: numbered sheets on their way to paper, each plotted and called good exactly once.

Read ledger.py first: the sheets and the state of each. Then marks.py (number, title,
signature and glyph in the margin) and sheets.py (a number as lines). Nothing here knows about jobs:
`drawscape.tasks.editions` feeds the machines.
"""

from drawscape.editions.ledger import Edition, edition_names, find_edition
from drawscape.editions.marks import Terms
from drawscape.editions.sheets import new_edition

__all__ = ["Edition", "Terms", "edition_names", "find_edition", "new_edition"]
