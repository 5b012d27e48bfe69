"""All drawings of the home in a live gallery: filter, sort, search, page, choose."""

import itertools
import threading
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from drawscape.catalogue import REJECTED, Drawing, Drawings, drawings
from drawscape.catalogue import refresh as refresh_index
from drawscape.catalogue.captions import captions
from drawscape.catalogue.query import Order, check_filters, name_of, sketch_names
from drawscape.notebook.drawing_words import drawings_words
from drawscape.notebook.reader import Debounce, follow_catalogue
from drawscape.notebook.standing import at_one_moment
from drawscape.notebook.style import LiveBox, line, write
from drawscape.notebook.text import label_of
from drawscape.notebook.thumbnail import Thumbnail
from drawscape.notebook.wall import ORDERS, Wall, button
from drawscape.sketches import Sketch

PAGE = 60
"""Tiles on a page: 600 kB of thumbnails at most."""

KEPT = 20
"""Tiles that a saved notebook keeps, of 7 kB each."""

REST_S = 2.0
"""They are kept once nobody has drawn, marked or searched for so long."""


def history(
    sketch: str | Sketch | Callable[..., Any] | None = None,
    *,
    stars: int = 0,
    tag: str = "",
    text: str = "",
    order: Order = "newest",
    **filters: Any,
) -> "History":
    """Return a live gallery of the drawings of this home; arguments are those of `catalogue.drawings`.

    What another notebook draws or marks appears within a second. Keys: arrows move, 0 to 5 rate, Space
    enlarges, v looks closely, Enter opens a form, c compares the chosen, b breeds from them, x rejects (and
    hides, unless the box is ticked). Raises as `catalogue.drawings` does.

    >>> history("spiral", order="ink")
    <History: the history of drawings>
    """
    sketch = name_of(sketch)
    check_filters(order, [stars], sketch=sketch, tag=tag, text=text)
    return History(sketch, stars=stars or 0, tag=tag, text=text, order=order, filters=filters)


class History(LiveBox):
    """The gallery; `drawings` are those that fit the filters, `chosen` those that are chosen."""

    def __init__(
        self,
        sketch: str | None,
        *,
        stars: int,
        tag: str,
        text: str,
        order: str,
        filters: dict[str, Any],
    ) -> None:
        self._filters = filters
        self._page = 0
        self._lock = threading.RLock()
        self._looks = itertools.count(1)
        self._last_look = 0
        self._found = Drawings([])
        self._shown: list[tuple[Drawing, str]] = []
        self._keeping = Debounce(REST_S, self._keep, from_last=True, slow=True)
        refresh_index()
        small = {"width": "130px"}
        self._sketch = widgets.Dropdown(
            options=sketch_options(sketch), value=sketch or "", layout=small, tooltip="Sketch"
        )
        stars_options = [("any stars", 0), *((f"{'★' * n} or more", n) for n in range(1, 6))]
        self._stars = widgets.Dropdown(
            options=stars_options, value=stars, layout=small, tooltip="Stars"
        )
        self._tag = widgets.Text(
            value=tag, placeholder="tag", layout={"width": "100px"}, tooltip="Tag"
        )
        self._text = widgets.Text(value=text, placeholder="search", layout=small, tooltip="Search")
        self._order = widgets.Dropdown(
            options=ORDERS, value=order, layout={"width": "110px"}, tooltip="Order"
        )
        self._rejected = widgets.Checkbox(
            description="rejected and deleted too", indent=False, layout={"width": "auto"}
        )
        self._words = line("", "drawscape-status")
        self._wall = Wall(on_change=self._marked)
        for control in (
            self._sketch,
            self._stars,
            self._tag,
            self._text,
            self._order,
            self._rejected,
        ):
            control.observe(self._filter_changed, names="value")
        super().__init__("the history of drawings", self._rows())
        self.refresh()
        self._catalogue = follow_catalogue(self.catalogue_changed, self.catalogue_failed)

    @property
    def drawings(self) -> Drawings:
        """The drawings that fit the filters."""
        return self._found

    @property
    def chosen(self) -> list[Drawing]:
        """The drawings that are chosen."""
        return self._wall.chosen

    @property
    def status(self) -> str:
        """The words above the wall."""
        return str(self._words.value)

    def catalogue_changed(self) -> None:
        """Show what somebody has drawn or marked."""
        self.refresh()

    def catalogue_failed(self, words: str) -> None:
        """Show why the catalogue cannot be read."""
        write(self._words, words)

    def refresh(self) -> None:
        """Look again and show what there is now, unless a look that began later has been shown already."""
        look = next(self._looks)
        is_asked_for = self._tag.value.strip() == REJECTED
        # Outside of the lock: a page is turned meanwhile, whatever the number of drawings.
        found = drawings(
            self._sketch.value or None,
            stars=(self._stars.value, None) if self._stars.value else None,
            tag=self._tag.value.strip() or None,
            text=self._text.value.strip() or None,
            order=self._order.value,
            without_tag=None if self._rejected.value or is_asked_for else REJECTED,
            **{"deleted": bool(self._rejected.value), "where": {}, **self._filters},
        )
        options = sketch_options(self._sketch.value)
        with self._lock:
            if look < self._last_look:
                return
            self._last_look = look
            if options != self._sketch.options:  # somebody drew the first of a sketch
                with self._sketch.hold_trait_notifications():
                    chosen = self._sketch.value
                    self._sketch.options = options
                    self._sketch.value = chosen
            self._found = found
            self._show_page()

    def _show_page(self) -> None:
        with self._lock, at_one_moment():
            found = self._found
            self._page = min(self._page, max(0, (len(found) - 1) // PAGE))
            first = self._page * PAGE
            shown = list(found[first : first + PAGE])
            words = captions(shown, with_sketch=not self._sketch.value)
            self._shown = list(zip(shown, words, strict=True))
            self._wall.grid.show(
                self._wall.tile(str(one.id), caption, one) for one, caption in self._shown
            )
            self._keeping.request()
            last = first + len(shown)
            place = f"{first + 1} to {last} of " if len(found) > PAGE else ""
            write(self._words, f"{place}{drawings_words(len(found))}")
            self._back.disabled, self._on.disabled = self._page == 0, last >= len(found)
            for turn in (self._back, self._on):
                turn.layout.display = "" if len(found) > PAGE else "none"

    def begin_saving(self) -> None:
        """Keep at once what is shown: a notebook may end with this cell."""
        self._keep()

    def _keep(self) -> None:
        """Leave the first tiles in the saved notebook."""
        tiles = [(one.thumbnail, caption) for one, caption in self._shown[:KEPT]]
        pictures = [(Thumbnail(data, "webp"), caption) for data, caption in tiles if data]
        if pictures:
            self.saved.show(pictures, columns=5)

    def _rows(self) -> list[Any]:
        def show_error(text: str) -> None:
            write(self._wall.note, text)

        self._back = button("Previous", "back", lambda: self._turn(-1), show_error)
        self._on = button("Next", "more", lambda: self._turn(1), show_error)
        filters = widgets.HBox([self._sketch, self._stars, self._tag, self._text, self._order])
        head = widgets.HBox([self._words, self._rejected, self._back, self._on])
        for row in (filters, head):
            row.add_class("drawscape-head")
        return [filters, head, *self._wall.parts]

    def _turn(self, by: int) -> None:
        self._page = max(0, self._page + by)
        self._show_page()

    def _filter_changed(self, _change: Any) -> None:
        self._page = 0
        self.refresh()

    def _marked(self) -> None:
        """A mark was made here: its tile shows it; what follows from it is seen at the next look."""


def sketch_options(chosen: str | None) -> tuple[tuple[str, str], ...]:
    """Return the choices of sketches, `chosen` among them: each with the name that stands for it."""
    names = sorted({*sketch_names(), *([chosen] if chosen else [])})
    return (("all sketches", ""), *((label_of(name), name) for name in names))
