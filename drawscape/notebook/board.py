"""Drawings side by side: a Cell is one drawing, a Board shows cells in a grid.

Contact sheets, evolutions, the history, job views and the queue's table are Boards. `board.js` draws one; the
comment at its top says what travels to the page.
"""

import itertools
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

import traitlets

from drawscape.catalogue import REJECTED, Drawing
from drawscape.catalogue.database import data_version, reading
from drawscape.catalogue.drawing import short
from drawscape.catalogue.marks import Marks, marks_of_each
from drawscape.catalogue.traits import count_traits
from drawscape.drawing.document import WARM_WHITE
from drawscape.durations import seconds
from drawscape.errors import DrawscapeError, JobTimeout
from drawscape.jobs import Batch, Job, enqueue_many
from drawscape.machine.device import device_names
from drawscape.notebook.draw_target import (
    SHEET_PRIORITY,
    DrawTarget,
    Values,
    at_one_moment,
    existing_drawing,
    recipe_for,
)
from drawscape.notebook.form_settings import Settings
from drawscape.notebook.job_states import ENDED, Following, JobState, state_of
from drawscape.notebook.job_words import status_words
from drawscape.notebook.labels import label_of
from drawscape.notebook.own_worker import ensure_worker, keep_worker_alive
from drawscape.notebook.pictures import (
    EncodedImage,
    picture_table,
    place_words,
    preview_picture,
    result_picture,
    small_picture,
)
from drawscape.notebook.recent_pictures import drawing_of
from drawscape.notebook.static_output import StaticOutputWidget, error_words
from drawscape.notebook.threads import EXPORTS, PICTURES, Debounce
from drawscape.plot.formats import menu_of_formats
from drawscape.viewer.assets import script, style
from drawscape.viewer.drawing_data import drawing_data

TROUBLES = ("failed", "stopped", "canceled", "not_found")

_AGAIN = frozenset({"stopped", "canceled", "not_found"})
"""Statuses that are drawn again with their sheet; a failed drawing would fail again."""

FIRST_TILES = 40  # tiles in one message: the page shows the first while the rest is read

PREVIEW_S = 1.0
"""A drawing that takes longer shows its unfinished lines in its tile; each costs as much as a drawing."""

CATALOGUE_S = 0.5
"""How often to check for new drawings and marks: others' work shows within a second."""

MOST_TRACED = 200_000  # points of a drawing whose tile can trace its lines: 1.6 MB

KEEP_S = 2.0  # the static output is no older than this
MOST_KEPT = 100  # tiles that a saved notebook keeps

TileContent = dict[str, Any]
"""A cell as the page shows it."""

Control = dict[str, Any]
"""A button or field above the tiles."""


@dataclass(eq=False)
class Cell:
    """One drawing of a board: its values, the job that draws it, and the drawing when it exists.

    `request` is the address of its recipe; `arguments` are those of its job.
    """

    caption: str
    values: Values = field(default_factory=dict)
    request: str = ""
    arguments: Values | None = None
    parents: tuple[str, ...] = ()
    job: Job | None = None
    drawing: Drawing | None = None
    state: JobState | None = None

    @property
    def status(self) -> str:
        """The status of its job, `finished` for a drawing that exists."""
        if self.drawing:
            return "finished"
        return "queued" if self.state is None else self.state.status

    @property
    def ended(self) -> bool:
        """Whether it is in a final state."""
        return self.status in ENDED

    @property
    def stars(self) -> int:
        """0 to 5, those of its drawing."""
        return self.drawing.stars if self.drawing else 0

    @property
    def words(self) -> str:
        """The caption; while there is no drawing, with the state of the job."""
        if not self.state or self.status == "finished":
            return self.caption
        return f"{self.caption}: {status_words(self.state)}"

    def show(self, state: JobState) -> bool:
        """Return whether `state` is newer than the cell's state; if so, replace it."""
        if self.state and state.number < self.state.number:
            return False
        self.state = state
        if state.status == "finished":
            self.drawing = self.drawing or drawing_of(state.result)
        return True

    def picture(self) -> EncodedImage | None:
        """Return its picture: the thumbnail, else the file or the preview of its job."""
        if self.drawing and (thumbnail := self.drawing.thumbnail):
            return EncodedImage(thumbnail)
        state = self.state
        if state and state.status == "finished":
            return result_picture(state.result)
        return preview_picture(state.preview) if state and state.run_s >= PREVIEW_S else None


def plan(first: Settings, cells: Iterable[Cell], *, fresh: bool = False) -> None:
    """Set the arguments of cells, `first` with their values, and their drawings if they exist.

    Nothing is queued. Raises ParameterError, UnknownNameError.
    """
    with at_one_moment():
        for cell in cells:
            settings = first.changed(cell.values)
            cell.arguments = settings.arguments
            recipe = recipe_for(settings.target, cell.arguments)
            cell.request = recipe.request
            if not fresh:
                cell.drawing = cell.drawing or existing_drawing(recipe)


def enqueue_missing(
    target: DrawTarget,
    cells: Sequence[Cell],
    *,
    sheet: str = "",
    job_timeout: Any = "5m",
    fresh: bool = False,
) -> Batch | None:
    """Return the batch of jobs for missing drawings, each recipe once; a failed one is not queued again."""
    keep_worker_alive()
    wanted: dict[str, list[Cell]] = {}
    for cell in cells:
        missing = not cell.drawing or cell.drawing.deleted
        idle = not cell.job or cell.status in _AGAIN or cell.status == "finished"
        if missing and idle and cell.arguments is not None:
            wanted.setdefault(cell.request, []).append(cell)
    if not wanted:
        return None
    ensure_worker()
    more = {"sheet": sheet, "fresh": fresh}
    calls = [
        {**(same[0].arguments or {}), **more, "parents": same[0].parents}
        for same in wanted.values()
    ]
    batch = enqueue_many(
        target.task,
        calls,
        job_timeout=job_timeout,
        job_priority=SHEET_PRIORITY,
        batch_description=sheet or None,
    )
    for same, job in zip(wanted.values(), batch.jobs):
        for cell in same:
            cell.job, cell.state, cell.drawing = job, None, None
    return batch


@dataclass(frozen=True)
class Gallery:
    """Pictures side by side in an output without a widget: saved in the notebook, shown anywhere."""

    pictures: Sequence[EncodedImage | None]
    captions: Sequence[str]
    columns: int
    failures: Sequence[bool] = ()

    @classmethod
    def of(cls, cells: Sequence[Cell], columns: int) -> "Gallery":
        """Return small pictures of cells; failed ones say why, in red."""
        failures = [cell.status in TROUBLES for cell in cells]
        with reading():
            pictures = [small_picture(cell.picture()) for cell in cells]
        return cls(pictures, [cell.words for cell in cells], columns, failures)

    def _repr_html_(self) -> str:
        """A table of `<img>`: every notebook viewer shows it, and scripts never run in it."""
        tiles = zip(self.pictures, self.captions)
        return picture_table(tiles, self.columns, width_px=190, failures=self.failures)

    def __repr__(self) -> str:
        return f"{len(self.pictures)} drawings in rows of {self.columns}"


class Board(StaticOutputWidget):
    """Cells in a grid, chosen and acted on. `cells` are in the order of the page, by the ids of their tiles.

    Each button calls a method: `choose`, `star`, `inspect`, `compare`, `breed`, `open_form`, `plot`,
    `export`, `tag`, `reject`. Keys: arrows move, Space enlarges, v inspects,
    Enter opens a form. For the chosen tiles, 0 to 5 rate, c compares, b breeds and x rejects.
    """

    _esm, _css = script("board.js"), style("board.css")
    head = traitlets.Dict().tag(sync=True)
    controls = traitlets.List(traitlets.Dict()).tag(sync=True)
    order = traitlets.List(traitlets.Unicode()).tag(sync=True)
    selected = traitlets.List(traitlets.Unicode()).tag(sync=True)
    columns = traitlets.Int(0).tag(sync=True)
    tile_px = traitlets.Int(0).tag(sync=True)
    exports = traitlets.List(menu_of_formats()).tag(sync=True)
    machines = traitlets.List(traitlets.Unicode()).tag(sync=True)
    kind = traitlets.Unicode("grid").tag(sync=True)
    note = traitlets.Unicode("").tag(sync=True)
    empty = traitlets.Unicode("nothing here yet").tag(sync=True)
    details = traitlets.Unicode("").tag(sync=True)
    _page_calls = (
        "star enlarge inspect open_form compare reject breed plot tag annotate close_below"
    )
    _tells_of_worker = False

    def __init__(self, what: str, cells: Mapping[str, Cell], **state: Any) -> None:
        self._cells: dict[str, Cell] = {}
        self._tiles: dict[str, TileContent] = {}
        self._numbers = itertools.count(1)
        # A page asks for all tiles when it opens; before that, nobody receives them.
        self._is_open = False
        self._followings: list[Any] = []
        self._catalogue = Debounce(CATALOGUE_S, self._read_catalogue)
        self._seen: int | None = None
        self._keeping = Debounce(KEEP_S, self.keep, thread=PICTURES)
        super().__init__(what, "board", **state)
        self.show(cells)
        self._begin()

    @property
    def cells(self) -> dict[str, Cell]:
        """The cells by the ids of their tiles, in the order of the page."""
        return dict(self._cells)

    @property
    def jobs(self) -> list[Job]:
        """The jobs that draw, or drew, the missing drawings."""
        return list(dict.fromkeys(c.job for c in self._cells.values() if c.job))

    @property
    def drawings(self) -> Sequence[Drawing]:
        """The drawings that exist, in the order of the cells."""
        return [cell.drawing for cell in self._cells.values() if cell.drawing]

    def trait_counts(self) -> dict[str, dict[Any, int]]:
        """Return how often each value of each trait occurs among the drawings."""
        return count_traits(self.drawings)

    @property
    def chosen(self) -> list[Drawing]:
        """The drawings that are chosen."""
        return self._drawings_of(self.selected)

    @property
    def tiles(self) -> list[TileContent]:
        """The content of each tile: id, caption, hint, stars, state, progress."""
        with self._lock:
            return [self._tiles[one] for one in self._cells]

    @property
    def status(self) -> str:
        """The words above the tiles."""
        return str(self.head.get("status", ""))

    def choose(self, *ids: str | int) -> None:
        """Choose the tiles with those ids; without ids, choose none."""
        self.selected = [str(one) for one in ids]

    def show(self, cells: Mapping[str, Cell]) -> None:
        """Show these cells, in this order, and no others."""
        with self._lock:
            self._cells = dict(cells)
            self._tiles = {one: tile for one, tile in self._tiles.items() if one in cells}
            self.selected = [one for one in self.selected if one in self._cells]
            self.order = list(self._cells)
            self._update(self._cells)

    def follow(self, cells: Iterable[Cell]) -> None:
        """Show the states of the jobs of these cells from now on."""
        drawn = [cell for cell in cells if cell.job and not cell.drawing]
        if drawn:
            jobs = {cell.job.id: cell.job for cell in drawn if cell.job}
            on_note = partial(setattr, self, "note") if self._tells_of_worker else None
            show = partial(self._changed, drawn)
            self._followings.append(Following(list(jobs.values()), show, on_note))

    def close(self) -> None:
        """Close the widget and its child, and stop following jobs."""
        self._keeping.drop()
        for following in self._followings:
            following.close()
        self._followings, self._is_open = [], False
        super().close()

    def _make_static_html(self) -> str:
        shown = [cell for cell in self._cells.values() if cell.drawing or cell.state]
        if not shown:
            return ""
        title = escape(f"{self.head.get('title', self._what)}: {self.status}")
        more = len(self._cells) - MOST_KEPT
        words = f"<p>and {more} more</p>" if more > 0 else ""
        gallery = Gallery.of(shown[:MOST_KEPT], self.columns or 5)
        return f"<p>{title}</p>{gallery._repr_html_()}{words}"

    def star(self, tile_ids: str | int | Sequence[str | int], stars: int) -> None:
        """Give the drawing of a tile, or those of several, 0 to 5 stars."""
        ids = [tile_ids] if isinstance(tile_ids, str | int) else tile_ids
        self._mark(self._asked(*ids), lambda drawing: drawing.star(stars))

    def reject(self, *tile_ids: str | int) -> None:
        """Reject the drawings of tiles, by default the chosen; if all are rejected, accept them again."""
        asked = self._asked(*tile_ids)
        mark = Drawing.untag if all(REJECTED in one.tags for one in asked) else Drawing.tag
        self._mark(asked, lambda drawing: mark(drawing, REJECTED))

    def tag(self, tag: str) -> None:
        """Give the chosen drawings a tag."""
        chosen = self._asked()
        self._mark(chosen, lambda drawing: drawing.tag(tag))
        self.note = f"tagged {tag.strip()!r}: {count_words(len(chosen))}"

    def annotate(self, note: str) -> None:
        """Write a note on the chosen drawings, '' for none."""
        self._mark(self._asked(), lambda drawing: drawing.annotate(note.strip()))

    def _mark(self, drawings: Iterable[Drawing], mark: Callable[[Drawing], object]) -> None:
        for drawing in drawings:
            mark(drawing)
        self.refresh()

    def export(self, format: str) -> list[Path]:
        """Write the chosen drawings as 'svg' (ordered), 'png', 'pdf', 'gcode' or 'hpgl'; return the files."""
        paths = [drawing.export(format) for drawing in self._asked()]
        folders = sorted({place_words(path.parent) for path in paths})
        self.note = f"written to {', '.join(folders)}: {', '.join(path.name for path in paths)}"
        return paths

    def publish(self, folder: str | Path, *, title: str = "") -> Path:
        """Write the chosen drawings, or else all, as a page for any browser; return its `index.html`."""
        from drawscape.viewer.publish import publish

        shown = [drawing for drawing in self.drawings if not drawing.deleted]
        return publish(self.chosen or shown, folder, title=title or self._what)

    def inspect(self, tile_id: str | int | None = None) -> Any:
        """Show the drawing of a tile, by default the first that is chosen, in a viewer below; return it."""
        return self.show_below("view", self._one(tile_id))

    def compare(self, *tile_ids: str | int) -> Any:
        """Show two to six drawings, by default the chosen, side by side below; return the comparison."""
        if len(tile_ids or self.selected) < 2:
            raise DrawscapeError("choose two drawings or more (Ctrl and a click, or Shift)")
        return self.show_below("compare", *self._asked(*tile_ids))

    def breed(self) -> Any:
        """Begin an evolution with the chosen drawings below; return it."""
        return self.show_below("evolve", self._asked())

    def plot(self, tile_id: str | int | None = None, *, on: str | None = None) -> Any:
        """Return the panel of a plot of a tile's drawing, by default the first that is chosen.

        Without `on` the home's only machine is used. Raises PlotError.
        """
        return self.show_below("plot", self._one(tile_id), on=on)

    def open_form(self, tile_id: str | int | None = None) -> Any:
        """Open the drawing of a tile, by default of the first that is chosen, as a form below; return it."""
        return self.show_below("form", self._one(tile_id))

    def enlarge(self, tile_id: str) -> None:
        """Show the drawing of a tile as large as the window, with its figures and settings."""
        (drawing,) = self._asked(tile_id)
        picture = result_picture(drawing.file)
        if not picture:
            raise DrawscapeError(f"{drawing.path.name} is too large to show")
        caption = f"{self._cells[tile_id].caption} · {figures_words(drawing)}"
        self.send({"enlarged": {"id": tile_id, "caption": caption, "url": picture.url}})

    def act(self, event: str, *arguments: Any) -> None:
        """Do the action of a button or control; an error is shown in the note."""
        self._received(self, {"event": event, "arguments": arguments}, ())

    def _received(self, widget: Any, message: Mapping[str, Any], buffers: Any) -> None:
        if message.get("event") not in ("ready", "trace"):  # not a user's action
            self.note = ""
        super()._received(widget, message, buffers)

    def _on_plot_on(self, machine: str) -> None:
        self.plot(on=machine)

    def _on_ready(self) -> None:
        self.machines = device_names()
        with self._lock:
            self._is_open = True
            self._send_tiles(self.order)

    def _on_trace(self, tile_id: str) -> None:
        """Send the lines of a tile's drawing, so that it draws itself."""
        cell = self._cells.get(tile_id)
        if cell and cell.drawing and not cell.drawing.deleted:
            PICTURES.do(partial(self._send_lines, tile_id, cell.drawing))

    def _send_lines(self, tile_id: str, drawing: Drawing) -> None:
        document = drawing.document
        if sum(len(layer.lines.points) for layer in document.layers) > MOST_TRACED:
            return
        data = drawing_data(document, paper=document.paper_color or WARM_WHITE)
        self.send({"trace": tile_id, "header": data.header}, data.buffers)

    def _on_export(self, format: str) -> None:
        EXPORTS.do(partial(self._guarded, self.export, format))

    def _show_error(self, error: Exception) -> None:
        self.note = getattr(error, "rule", error_words(error))  # of a parameter, without its name

    def _begin(self) -> None:
        """Follow the drawings of a new board."""
        self.follow(self._cells.values())
        self._catalogue.request()

    def _read_catalogue(self) -> None:
        """Show drawings and marks that any program has made; called in the thread for states only."""
        if self.comm is None:
            return
        self._catalogue.request()
        try:
            seen = data_version()
            if seen != self._seen:
                self.refresh()
            self._seen = seen
        except DrawscapeError as error:
            self.note = str(error)

    def refresh(self) -> None:
        """Read the catalogue again: drawings and marks that others have made."""
        with self._lock:
            self._update(self._cells)

    def _changed(self, cells: Iterable[Cell], state: JobState) -> None:
        """Show a state of a job in all of its cells."""
        with self._lock:
            own = [cell for cell in cells if cell.job and cell.job.id == state.id]
            changed = [cell for cell in own if cell.show(state)]
            self._update([one for one, cell in self._cells.items() if cell in changed])

    def wait(self, timeout: Any = None) -> Gallery:
        """Return the drawings as a static gallery, once all have ended; a failed one shows why.

        Raises JobTimeout after `timeout`.
        """
        cells = list(self._cells.values())
        until_s = None if timeout is None else time.monotonic() + seconds(timeout, "timeout")
        for cell in cells:
            if cell.job and not cell.ended:
                rest_s = None if until_s is None else max(until_s - time.monotonic(), 0)
                try:
                    cell.job.wait(rest_s)
                except JobTimeout as error:
                    raise JobTimeout(f"{self.status}; {error}") from None
                except Exception:  # noqa: BLE001 - its state says how it ended
                    pass
                self._changed(cells, state_of(cell.job))
        self.keep()  # a notebook that runs without a page may end now
        return Gallery.of(cells, self.columns)

    def _update(self, tile_ids: Collection[str]) -> None:
        """Show the tiles that have changed, with a number: an older tile never replaces a newer one."""
        cells = {one: self._cells[one] for one in tile_ids}
        changed = []
        with at_one_moment():
            drawn = [cell.drawing.mark_key for cell in cells.values() if cell.drawing]
            marks = marks_of_each(drawn) if drawn else {}
            for one, cell in cells.items():
                own = marks[cell.drawing.mark_key] if cell.drawing else Marks()
                made = self._tile(one, cell, own)
                former = self._tiles.get(one, {})
                if {**made, "number": former.get("number")} != former:
                    self._tiles[one] = {**made, "number": next(self._numbers)}
                    changed.append(one)
        self._send_tiles(changed)
        self._count()

    def _tile(self, tile_id: str, cell: Cell, marks: Marks) -> TileContent:
        state, drawing = cell.state, cell.drawing
        caption, hint, key = cell.words, "", ""
        if drawing:
            key = f"{drawing.id} {drawing.drawn_at.timestamp()}"
            caption += " · rejected" if REJECTED in marks.tags else ""
            caption += " · deleted" if drawing.deleted else ""
            hint = settings_words(drawing)
        elif state and (state.preview or state.status == "finished"):
            key = str(state.number)
        return {
            "id": tile_id,
            "caption": caption,
            "hint": hint,
            "stars": marks.stars,
            "note": marks.note,
            "state": cell.status,
            "progress": 0.0 if not state or cell.ended else round(state.progress, 3),
            "picture": key,
        }

    def _send_tiles(self, tile_ids: Sequence[str]) -> None:
        """Send tiles with their pictures; the caller holds the lock."""
        if self._has_static_output and tile_ids:
            self._keeping.request()
        for first in range(0, len(tile_ids) if self._is_open else 0, FIRST_TILES):
            contents = []
            with reading():
                for one in tile_ids[first : first + FIRST_TILES]:
                    tile = self._tiles[one]
                    found = self._cells[one].picture() if tile["picture"] else None
                    contents.append({**tile, "url": found.url if found else ""})
            self.send({"tiles": contents})

    def _count(self) -> None:
        """Show the board's progress in its head: '7 of 12 drawn, 1 failed', '12 drawings'."""
        cells = list(self._cells.values())
        statuses = [cell.status for cell in cells]
        ended, drawn = sum(c.ended for c in cells), statuses.count("finished")
        words = [f"{drawn} of {len(cells)} drawn"] if drawn < len(cells) else [count_words(drawn)]
        words += [f"{statuses.count(s)} {s.replace('_', ' ')}" for s in TROUBLES if s in statuses]
        progress = ended / len(cells) if ended < len(cells) else None
        self._show_head(status=", ".join(words), progress=progress)
        self._set_control("cancel", hidden=ended == len(cells))

    def _show_head(self, **changes: Any) -> None:
        self.head = {**self.head, **changes}

    def _set_control(self, name: str, **changes: Any) -> None:
        with self._lock:
            self.controls = [{**c, **changes} if c["id"] == name else c for c in self.controls]

    def _one(self, tile_id: str | int | None) -> Drawing:
        """Return the drawing of a tile, by default of the first that is chosen."""
        return self._asked(*(self.selected[:1] if tile_id is None else [tile_id]))[0]

    def _asked(self, *tile_ids: str | int) -> list[Drawing]:
        """Return the drawings of those tiles, by default of the chosen. Raises DrawscapeError for none."""
        ids = [*map(str, tile_ids)] or self.selected
        if not ids:
            raise DrawscapeError("choose drawings first: a click, Ctrl and a click for more")
        found = self._drawings_of(ids)
        if len(found) < len(ids):
            raise DrawscapeError("this drawing is not finished; wait for its picture")
        return found

    def _drawings_of(self, tile_ids: Iterable[str]) -> list[Drawing]:
        cells = (self._cells.get(one) for one in tile_ids)
        return [cell.drawing for cell in cells if cell and cell.drawing]


def control(name: str, kind: str, label: str, **more: Any) -> Control:
    """Return a control above the tiles, which calls the action of that name."""
    return {"id": name, "kind": kind, "label": label, **more}


def figures_words(drawing: Drawing) -> str:
    """Return a drawing's figures in a line."""
    figures = drawing.figures
    ink = f"{figures.ink_mm / 1000:.1f} m of ink"
    return f"{ink} · {figures.minutes:.0f} min · {figures.lifts} lifts"


def settings_words(drawing: Drawing) -> str:
    """Return page, seed and parameters of a drawing in a line."""
    said = {**drawing.parameters, **drawing.traits}
    values = [f"{label_of(name)} {short(value)}" for name, value in said.items()]
    page = f"{drawing.width:g} x {drawing.height:g} mm, margin {drawing.margin:g}"
    return ", ".join([page, f"seed {drawing.seed}", *values])


def count_words(number: int) -> str:
    """Return '1 drawing', '2 drawings'."""
    return f"{number} drawing{'' if number == 1 else 's'}"
