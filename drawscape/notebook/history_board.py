"""All drawings of the home on a board that is kept up to date: filter, sort, search, page, choose."""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, get_args

from drawscape.catalogue import REJECTED, Drawings, drawings
from drawscape.catalogue.database import reading
from drawscape.catalogue.listing import captions
from drawscape.catalogue.query import SortOrder, name_of, parameter_names, sketch_names
from drawscape.errors import UnknownNameError
from drawscape.machine.plot import plotted_drawings
from drawscape.notebook.board import Board, Cell, control, count_words
from drawscape.notebook.draw_target import Values, notebook_sketch
from drawscape.notebook.labels import label_of
from drawscape.parameters import parameters_apart
from drawscape.sketches import Sketch

PAGE = 60  # tiles on a page: some 1.5 MB of thumbnails, 3.4 MB at most

_DATES = [
    ("any date", None), ("last 24 hours", "1d"), ("last 7 days", "7d"), ("last 30 days", "30d"),
    ("last year", "365d"),
]  # fmt: skip

_SETTING = re.compile(r"\b([A-Za-z_]\w*) *[ =:] *(-?\d+(?:\.\d+)?)(?=[\s,]|$)")
"""A parameter or seed with its value in a search: 'tiles 12', 'tiles=12', 'seed 7'."""

_FILTERS = {
    "sketch": ("select", "sketch"),
    "stars": ("select", "stars"),
    "since": ("select", "date"),
    "tag": ("text", "tag"),
    "text": ("text", "search"),
    "order": ("select", "order"),
    "rejected": ("check", "rejected and deleted too"),
}
"""The controls above the tiles, by the filter's name: each a kind of control and its words."""


@parameters_apart("where", parameter_names)
def history(
    sketch: str | Sketch | Callable[..., Any] | None = None,
    *,
    stars: Any = 0,
    tag: str = "",
    text: str = "",
    order: SortOrder = "newest",
    since: Any = None,
    sheet: str | None = None,
    seed: Any = None,
    where: Values | None = None,
    **parameters: Any,
) -> "History":
    """Return a live gallery of the drawings of this home; arguments are those of `catalogue.drawings`.

    `stars` is the fewest, or a range `(3, None)`. What another notebook draws or marks appears within a
    second. Keys are those of a board; x also hides, unless the box is ticked. Raises as
    `catalogue.drawings` does, UnknownNameError for a sketch that nobody has drawn or knows.

    >>> history("spiral", order="ink")
    <History: the history of drawings>
    """
    values = {
        "sketch": name_of(sketch) or "",
        "stars": stars,
        "tag": tag,
        "text": text,
        "order": order,
        "since": since,
        "sheet": sheet,
        "seed": seed,
        "rejected": False,
    }
    found = _find(values, where or {})  # which raises before a widget is made
    return History(values, where or {}, found)


def _find(values: Values, where: Values) -> Drawings:
    """Return the drawings that fit. Raises as `catalogue.drawings` does."""
    text, settings = settings_in_search(values["text"])
    if settings:
        narrowed = {**values, "text": text, "seed": settings.pop("seed", values["seed"])}
        with suppress(UnknownNameError):  # words of a note may look like a parameter
            found = _find(narrowed, {**where, **settings})
            if len(found):
                return found
    now = dict(values)
    sketch, stars, rejected = (now.pop(name) for name in ("sketch", "stars", "rejected"))
    if isinstance(stars, int):
        stars = (stars, None) if stars else None
    now |= {"stars": stars, "tag": now["tag"] or None, "deleted": rejected}
    now["without_tag"] = None if rejected or now["tag"] == REJECTED else REJECTED
    try:
        return drawings(sketch or None, where=where, **now)
    except UnknownNameError:
        if not sketch or notebook_sketch(sketch) is None:
            raise
        return Drawings([])  # this notebook has the sketch, and nobody has drawn it yet


def settings_in_search(text: str) -> tuple[str, dict[str, Any]]:
    """Return the words of a search without its settings, and these by name.

    >>> settings_in_search("blue, tiles 12 seed=7")
    ('blue', {'tiles': 12, 'seed': 7})
    """
    settings = {name: json.loads(value) for name, value in _SETTING.findall(text)}
    return _SETTING.sub("", text).strip(" ,"), settings


class History(Board):
    """The gallery; `drawings` are those that fit the filters, `chosen` those that are chosen."""

    def __init__(self, values: dict[str, Any], where: Values, found: Drawings) -> None:
        self._values, self._where, self._found, self._page = values, where, found, 0
        super().__init__("the history of drawings", {}, head={"title": "History"})
        self._show_page()

    @property
    def drawings(self) -> Drawings:
        """The drawings that fit the filters."""
        return self._found

    def filter(self, **values: Any) -> None:
        """Set filters: `sketch`, `stars` (the least), `since`, `tag`, `text`, `order`, `rejected`.

        `text` is searched in all words of a drawing, and for settings: 'tiles 12', 'seed=7'.
        """
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

    def refresh(self) -> None:
        """Read the catalogue and show its drawings."""
        with self._lock:  # results are shown in the order they were read
            self._found = _find(self._values, self._where)
            self._show_page()

    def _show_page(self) -> None:
        with self._lock, reading():
            self._page = min(self._page, max(0, (len(self._found) - 1) // PAGE))
            shown = list(self._found[self._page * PAGE :][:PAGE])
            plotted = plotted_drawings()
            cells = {}
            words = captions(shown, with_sketch=not self._values["sketch"])
            for drawing, caption in zip(shown, words):
                said = filter(None, [caption, plotted.get(str(drawing.path))])
                cells[str(drawing.id)] = Cell(" · ".join(said), drawing=drawing)
            self.show(cells)

    def _handler(self, event: str) -> Callable[..., object] | None:
        kind, _, name = event.partition(" ")
        if kind == "find":
            return lambda value: self.filter(
                **{name: value.strip() if isinstance(value, str) else value}
            )
        return partial(self.turn, int(name)) if kind == "turn" else super()._handler(event)

    def _count(self) -> None:
        now, count, first = self._values, len(self._found), self._page * PAGE
        last = min(first + PAGE, count)
        place = f"{first + 1} to {last} of " if count > PAGE else ""
        self._show_head(status=f"{place}{count_words(count)}")
        asked = any(now[name] for name in now if name != "order") or now["seed"] is not None
        self.empty = (
            "No drawing fits these filters: take one away."
            if asked or self._where
            else 'Nothing is drawn yet: form("spiral") draws the first.'
        )
        names = sorted({*sketch_names(), now["sketch"]} - {""})
        options = {
            "sketch": [("all sketches", ""), *((label_of(name), name) for name in names)],
            "stars": [("any stars", 0), *((f"{'★' * n} or more", n) for n in range(1, 6))],
            "since": _DATES,
            "order": [(f"order: {one}", one) for one in get_args(SortOrder)],
        }
        is_offered = now["since"] in [value for _, value in _DATES]
        shown = {
            **now,
            "stars": now["stars"] if isinstance(now["stars"], int) else 0,
            "since": now["since"] if is_offered else None,
        }
        more = {"hidden": count <= PAGE}
        self.controls = [
            *(
                control(f"find {n}", kind, label, value=shown[n], options=options.get(n))
                for n, (kind, label) in _FILTERS.items()
            ),
            control("turn -1", "button", "Previous", icon="back", disabled=first == 0, **more),
            control("turn 1", "button", "Next", icon="next", disabled=last == count, **more),
        ]
