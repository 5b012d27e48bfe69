"""All drawings of the home on a board that is kept up to date: filter, sort, search, page, choose."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from drawscape.catalogue import REJECTED, Drawings, drawings
from drawscape.catalogue.query import (
    Order,
    captions,
    check_filters,
    name_of,
    parameter_names,
    sketch_names,
)
from drawscape.errors import UnknownNameError
from drawscape.notebook.board import ORDERS, Board, Cell, control, count_words
from drawscape.notebook.target import notebook_sketch
from drawscape.notebook.text import label_of
from drawscape.parameters import parameters_apart
from drawscape.plotter.plot import plotted_drawings
from drawscape.sketches import Sketch

PAGE = 60
"""Tiles on a page: some 1.5 MB of thumbnails, 3.4 MB at most."""

_FILTERS = ("sketch", "stars", "tag", "text", "order", "rejected")

_ANY = {"sketch": "", "stars": 0, "tag": "", "text": "", "rejected": False}
"""The filters of a history of all that there is; others have no menu, and are None."""


@parameters_apart("where", parameter_names)
def history(
    sketch: str | Sketch | Callable[..., Any] | None = None,
    *,
    stars: Any = 0,
    tag: str = "",
    text: str = "",
    order: Order = "newest",
    since: Any = None,
    sheet: str | None = None,
    seed: Any = None,
    where: Mapping[str, Any] | None = None,
    **parameters: Any,
) -> "History":
    """Return a live gallery of the drawings of this home; arguments are those of `catalogue.drawings`.

    `stars` is the least, or a range `(3, None)`. What another notebook draws or marks appears within a
    second. Keys are those of a board; x also hides, unless the box is ticked. Raises as
    `catalogue.drawings` does, UnknownNameError for a sketch that nobody has drawn or knows.

    >>> history("spiral", order="ink")
    <History: the history of drawings>
    """
    sketch = name_of(sketch)
    check_filters(order, stars, sketch=sketch, tag=tag, text=text)
    values = {"sketch": sketch or "", "stars": stars or 0, "tag": tag, "text": text, "order": order}
    values |= {"rejected": False, "since": since, "sheet": sheet, "seed": seed}
    asked = where or {}
    return History(values, asked, _find(values, asked))  # which raises before it is made


class History(Board):
    """The gallery; `drawings` are those that fit the filters, `chosen` those that are chosen."""

    def __init__(self, values: dict[str, Any], where: Mapping[str, Any], found: Drawings) -> None:
        self._values, self._where, self._found, self._page = values, where, found, 0
        super().__init__(
            "the history of drawings", {}, head={"title": "History"}, controls=self._all_controls()
        )
        self._show_page()

    @property
    def drawings(self) -> Drawings:
        """The drawings that fit the filters."""
        return self._found

    def filter(self, **values: Any) -> None:
        """Set filters: `sketch`, `stars` (the least), `tag`, `text`, `order`, `rejected` (shown too)."""
        for name, value in values.items():
            if name not in _FILTERS:
                raise TypeError(f"filter() has no {name!r}; it has {', '.join(_FILTERS)}")
            self._values[name] = value
        self._page = 0
        self.refresh()

    def turn(self, by: int) -> None:
        """Turn `by` pages on."""
        self._page = max(0, self._page + by)
        self._show_page()

    def catalogue_changed(self) -> None:
        """Show what somebody has drawn or marked."""
        self.refresh()

    def refresh(self) -> None:
        """Read the catalogue and show what there is."""
        with self._lock:  # what is read first is not shown last
            self._found = _find(self._values, self._where)
            self._show_page()

    def _show_page(self) -> None:
        with self._lock:
            self._page = min(self._page, max(0, (len(self._found) - 1) // PAGE))
            first = self._page * PAGE
            shown = list(self._found[first : first + PAGE])
            plotted = plotted_drawings()
            cells = {}
            words = captions(shown, with_sketch=not self._values["sketch"])
            for drawing, caption in zip(shown, words, strict=True):
                said = [caption, *filter(None, [plotted.get(str(drawing.path))])]
                cells[str(drawing.id)] = Cell(" · ".join(said), drawing=drawing)
            self.show(cells)

    def _handler(self, event: str) -> Callable[..., object] | None:
        kind, _, name = event.partition(" ")
        if kind == "find":
            return lambda value: self.filter(**{name: value})
        return partial(self.turn, int(name)) if kind == "turn" else super()._handler(event)

    def sort(self, order: str) -> None:
        """Show the drawings in another order."""
        self.filter(order=order)

    def _count(self) -> None:
        found, first = self._found, self._page * PAGE
        last = min(first + PAGE, len(found))
        place = f"{first + 1} to {last} of " if len(found) > PAGE else ""
        self._show_head(status=f"{place}{count_words(len(found))}")
        self.controls = self._all_controls()
        others = {**self._values, "order": None}.items()
        is_filtered = self._where or any(value != _ANY.get(name) for name, value in others)
        self.empty = (
            "No drawing fits these filters: take one away."
            if is_filtered
            else 'Nothing is drawn yet: form("spiral") draws the first.'
        )

    def _all_controls(self) -> list[dict[str, Any]]:
        now, found = self._values, len(self._found)
        names = sorted({*sketch_names(), *filter(None, [now["sketch"]])})
        sketches = [("all sketches", ""), *((label_of(name), name) for name in names)]
        stars = [("any stars", 0), *((f"{'★' * n} or more", n) for n in range(1, 6))]
        orders = [(f"order: {one}", one) for one in ORDERS]
        pages, last = found > PAGE, (self._page + 1) * PAGE >= found
        back = {"hidden": not pages, "disabled": self._page == 0}
        least = now["stars"] if isinstance(now["stars"], int) else 0
        return [
            control("find sketch", "select", "sketch", value=now["sketch"], options=sketches),
            control("find stars", "select", "stars", value=least, options=stars),
            control("find tag", "text", "tag", value=now["tag"]),
            control("find text", "text", "search", value=now["text"]),
            control("find order", "select", "order", value=now["order"], options=orders),
            control("find rejected", "check", "rejected and deleted too", value=now["rejected"]),
            control("turn -1", "button", "Previous", icon="back", **back),
            control("turn 1", "button", "Next", icon="next", hidden=not pages, disabled=last),
        ]


def _find(values: Mapping[str, Any], where: Mapping[str, Any]) -> Drawings:
    """Return the drawings that fit. Raises as `catalogue.drawings` does."""
    now = dict(values)
    sketch, stars, rejected = (now.pop(name) for name in ("sketch", "stars", "rejected"))
    now |= {"tag": now["tag"].strip() or None, "text": now["text"].strip() or None}
    if isinstance(stars, int):
        stars = (stars, None) if stars else None
    now["without_tag"] = None if rejected or now["tag"] == REJECTED else REJECTED
    try:
        return drawings(sketch or None, stars=stars, deleted=rejected, where=where, **now)
    except UnknownNameError:
        if not sketch or notebook_sketch(sketch) is None:
            raise
        return Drawings([])  # this notebook has the sketch, and nobody has drawn it yet
