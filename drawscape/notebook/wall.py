"""A wall of drawings: rated, rejected, compared, bred, looked at closely, opened, exported, drawn larger."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from drawscape.catalogue import REJECTED, Drawing, drawings
from drawscape.catalogue.marks import marks_of, marks_of_each
from drawscape.catalogue.query import Order
from drawscape.errors import DrawscapeError
from drawscape.notebook.drawing_words import drawings_words, figures_words, marked, settings_words
from drawscape.notebook.picture import place_words, result_picture
from drawscape.notebook.reader import follow_catalogue
from drawscape.notebook.standing import FORM_PRIORITY, opened, page_for
from drawscape.notebook.style import line, write
from drawscape.notebook.tile_grid import Tile, TileGrid
from drawscape.notebook.worker import guard

EXPORTS = ("gcode", "svg", "png", "pdf", "hpgl")
LARGER = ("A4", "A3", "A2", "A1")

ORDERS: tuple[Order, ...] = (
    "newest",
    "oldest",
    "stars",
    "ink",
    "minutes",
    "lines",
    "lifts",
    "name",
)


class Wall:
    """A grid of drawings with what can be done to those that are chosen.

    Keys: 0 to 5 rate, Space enlarges, v looks closely, Enter opens a form, c compares the chosen, b
    breeds from them, x rejects.
    `parts` are to be placed by the owner; `on_change()` is called after a mark was made here.
    """

    def __init__(self, *, columns: int = 0, on_change: Callable[[], object] = lambda: None) -> None:
        self._shown: dict[str, tuple[Drawing, str]] = {}
        self._on_change = on_change
        self.grid = TileGrid(
            columns=columns,
            on_open=self.open,
            on_enlarge=self.enlarge,
            on_star=self.star,
            on_compare=self.compare,
            on_key=self._key,
        )
        self.grid.observe(lambda _change: self._count(), names="selected")
        self.note = line("", "drawscape-note")
        self._below = widgets.VBox([]).add_class("drawscape-below")
        self._tag = widgets.Text(placeholder="tag", layout={"width": "90px"}, tooltip="Tag to give")
        self._format = widgets.Dropdown(
            options=EXPORTS, layout={"width": "90px"}, tooltip="File format"
        )
        self._paper = widgets.Dropdown(
            options=LARGER, layout={"width": "70px"}, tooltip="Larger paper"
        )
        self._number = line("", "drawscape-note")
        acting = [
            self._button("Look closely", "view", lambda: self.look(self.grid.selected[0])),
            self._button("Compare", "compare", lambda: self.compare(self.grid.selected)),
            self._button("Breed", "breed", self.breed),
            self._format,
            self._button("Export", "save", self.export),
            self._paper,
            self._button("Draw larger", "larger", self.draw_larger),
            self._tag,
            self._button("Tag", "tag", self.tag),
        ]
        self._acting = [one for one in acting if isinstance(one, widgets.Button)]
        self.actions = widgets.HBox([self._number, *acting]).add_class("drawscape-choice")
        self._count()
        self._catalogue = follow_catalogue(self.catalogue_changed, self.catalogue_failed)

    @property
    def parts(self) -> list[Any]:
        """The widgets from top to bottom."""
        return [self.actions, self.note, self.grid, self._below]

    @property
    def chosen(self) -> list[Drawing]:
        """The drawings that are chosen, in their order."""
        return [self._shown[one][0] for one in self.grid.selected if one in self._shown]

    def forget(self) -> None:
        """Let no tile stand for a drawing any more: others are shown soon."""
        self._shown.clear()

    def star(self, tile_id: str, stars: int) -> None:
        """Give the drawing of a tile 0 to 5 stars."""
        self._drawing(tile_id).star(stars)
        self._refresh(tile_id)

    def enlarge(self, tile_id: str) -> None:
        """Show the drawing of a tile large, with its figures and settings."""
        drawing = self._drawing(tile_id)
        picture = result_picture(str(drawing.path))
        if picture is None:
            raise DrawscapeError(f"{drawing.path.name} is gone or too large to show")
        self.grid.enlarge(tile_id, picture.data, picture.format, figures_words(drawing))

    def look(self, tile_id: str) -> None:
        """Show the drawing of a tile in a viewer below the wall."""
        from drawscape.notebook.viewer import view

        self._show(view(self._drawing(tile_id)))

    def compare(self, tile_ids: Sequence[str]) -> None:
        """Show two to six drawings side by side below the wall, with a table of what differs."""
        from drawscape.notebook.comparison import compare

        if len(tile_ids) < 2:
            raise DrawscapeError(
                "choose two drawings or more to compare (Ctrl and a click, or Shift)"
            )
        self._show(compare(*(self._drawing(one).path for one in tile_ids)))

    def breed(self) -> None:
        """Begin an evolution with the chosen drawings below the wall."""
        from drawscape.notebook.evolution import evolve

        self._show(evolve(self._chosen_or_error()))

    def open(self, tile_id: str) -> None:
        """Open the drawing of a tile as a form below the wall."""
        from drawscape.notebook.forms import form

        self._show(form(self._drawing(tile_id)))

    def reject(self, tile_id: str) -> None:
        """Reject the drawing of a tile, or take that back."""
        drawing = self._drawing(tile_id)
        drawing.untag(REJECTED) if REJECTED in drawing.tags else drawing.tag(REJECTED)
        self._refresh(tile_id)

    def tag(self) -> None:
        """Give the chosen drawings the tag that was typed."""
        chosen, tag = self._chosen_or_error(), str(self._tag.value)
        for drawing in chosen:
            drawing.tag(tag)
        write(self.note, f"tagged {tag.strip()!r}: {drawings_words(len(chosen))}")
        self._on_change()

    def export(self) -> list[Path]:
        """Write the chosen drawings in the format of the menu; return the files."""
        paths = [drawing.export(str(self._format.value)) for drawing in self._chosen_or_error()]
        folders = {place_words(path.parent) for path in paths}
        names = ", ".join(path.name for path in paths)
        write(self.note, f"written to {', '.join(sorted(folders))}: {names}")
        return paths

    def draw_larger(self) -> list[Any]:
        """Queue the chosen drawings on the paper of the menu, everything else as it is; return the jobs."""
        from drawscape.jobs import enqueue_background_job
        from drawscape.notebook.target import target_of

        jobs = []
        guard()
        for drawing in self._chosen_or_error():
            sketch, settings, _ = opened(drawing)
            page = page_for(drawing, str(self._paper.value))
            target = target_of(sketch)
            arguments = target.arguments({**settings, **page})
            jobs.append(
                enqueue_background_job(
                    target.task, job_priority=FORM_PRIORITY, parents=[drawing.recipe], **arguments
                )
            )
        write(
            self.note,
            f"{len(jobs)} queued on {self._paper.value}; history() shows them when they are drawn",
        )
        return jobs

    def tile(self, tile_id: str, caption: str, drawing: Drawing) -> Tile:
        """Return the tile of a drawing that stands."""
        self._shown[tile_id] = drawing, caption
        picture = drawing.thumbnail or b""
        kind = "webp"
        if not picture and drawing.size <= 200_000 and drawing.path.is_file():
            # Without Pillow there is no thumbnail.
            picture, kind = drawing.path.read_bytes(), "svg+xml"
        marks = marks_of(drawing.recipe)
        words, hint = marked(caption, marks, drawing), settings_words(drawing)
        return Tile(tile_id, picture, words, marks.stars, "finished", kind, hint)

    @property
    def comm(self) -> Any:
        """None once the tiles are closed."""
        return self.grid.comm

    def catalogue_changed(self) -> None:
        """Show the marks that the drawings have now, whoever made them."""
        known = dict(self._shown)
        marks = marks_of_each(drawing.recipe for drawing, _ in known.values())
        for tile_id, (drawing, words) in known.items():
            its = marks[drawing.recipe]
            self.grid.change(tile_id, stars=its.stars, caption=marked(words, its, drawing))

    def catalogue_failed(self, words: str) -> None:
        """Show why the catalogue cannot be read."""
        write(self.note, words)

    def _refresh(self, tile_id: str) -> None:
        drawing = self._drawing(tile_id)
        self.grid.update(self.tile(tile_id, self._shown[tile_id][1], drawing))
        self._on_change()

    def _drawing(self, tile_id: str) -> Drawing:
        if tile_id not in self._shown:
            raise DrawscapeError("this one is not drawn yet")
        return self._shown[tile_id][0]

    def _chosen_or_error(self) -> list[Drawing]:
        if not self.chosen:
            raise DrawscapeError("choose drawings first: a click, Ctrl and a click for more")
        return self.chosen

    def _show(self, widget: Any) -> None:
        """Show a widget below the wall, in view, with a button that puts it away."""
        close = self._button("Close", "close", lambda: self._below.set_trait("children", ()))
        self._below.children = (close, widget)
        self.grid.reveal(".drawscape-below")

    def _count(self) -> None:
        number = len(self.grid.selected)
        write(self._number, f"{number} chosen" if number else "none chosen")
        for one in self._acting:
            one.disabled = not number

    def _key(self, tile_id: str, key: str) -> None:
        if key == "x":
            self.reject(tile_id)
        elif key == "c":
            self.compare(self.grid.selected)
        elif key == "b":
            self.breed()
        elif key == "o":
            self.open(tile_id)
        elif key == "v":
            self.look(tile_id)

    def _button(self, words: str, hook: str, action: Callable[[], object]) -> Any:
        return button(words, hook, action, lambda text: write(self.note, text))


def button(
    words: str, hook: str, action: Callable[[], object], on_error: Callable[[str], object]
) -> Any:
    """Return a button; what its action raises is shown, for it would reach no cell."""
    made = widgets.Button(description=words)
    made.add_class(f"drawscape-{hook}")
    made.add_class("drawscape-quiet")

    def clicked(_event: Any) -> None:
        try:
            action()
        except (DrawscapeError, OSError, sqlite3.Error) as error:
            on_error(str(error))

    made.on_click(clicked)
    return made


def sorted_ids(ids: Iterable[str], known: dict[str, Drawing], order: str) -> list[str]:
    """Return ids of tiles in the order of their drawings; those without one come last."""
    place = {one.id: i for i, one in enumerate(drawings(order=order))}  # type: ignore[arg-type]
    last = len(place)
    return sorted(ids, key=lambda one: place.get(known[one].id, last) if one in known else last)
