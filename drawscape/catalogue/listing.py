"""A list of drawings, each read when it is used, and their captions."""

import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any, overload

from drawscape.catalogue.database import read_rows
from drawscape.catalogue.drawing import Drawing, short
from drawscape.catalogue.marks import marks_of_each
from drawscape.catalogue.traits import count_traits
from drawscape.errors import DrawingNotFoundError
from drawscape.image_tag import image_tag, table_of

MOST_SHOWN = 24
"""Drawings whose thumbnails a cell shows: some 500 kB in the saved notebook, 1.3 MB at most."""

_ACROSS = 6

_READ_TOGETHER = 500
"""Drawings that are read with one statement: a long list is never completely in memory."""

_MOST_SETTINGS = 3
"""Settings under a drawing: more would not fit into two lines."""


class Drawings(Sequence[Drawing]):
    """Drawings in an order, each read when it is used."""

    def __init__(self, ids: Sequence[int]) -> None:
        self.ids = ids
        """The rows' numbers in the catalogue."""

    @overload
    def __getitem__(self, index: int) -> Drawing: ...
    @overload
    def __getitem__(self, index: slice) -> "Drawings": ...
    def __getitem__(self, index: int | slice) -> "Drawing | Drawings":
        if isinstance(index, slice):
            return Drawings(self.ids[index])
        found = self._read([self.ids[index]])
        if not found:
            raise DrawingNotFoundError(
                f"drawing {index} is no longer in the catalogue; call drawings() again"
            )
        return found[0]

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[Drawing]:
        for first in range(0, len(self.ids), _READ_TOGETHER):
            yield from self._read(self.ids[first : first + _READ_TOGETHER])

    def _read(self, ids: Sequence[int]) -> list[Drawing]:
        query = "select * from drawing where id in (select value from json_each(?))"
        by_id = {row["id"]: Drawing.of(row) for row in read_rows(query, [json.dumps([*ids])])}
        return [by_id[one] for one in ids if one in by_id]

    def trait_counts(self) -> dict[str, dict[Any, int]]:
        """Return how often each value of each trait is among them."""
        return count_traits(self)

    def _repr_html_(self) -> str:
        """Show the first in a cell, by their thumbnails."""
        shown = list(self[:MOST_SHOWN])
        small = [(one.thumbnail, one.path.name) for one in shown]
        pictures = [
            image_tag(picture, name, height_px=150) if picture else "no picture"
            for picture, name in small
        ]
        words = map(escape, captions(shown))
        table = table_of([f"{a}<br>{b}" for a, b in zip(pictures, words)], _ACROSS)
        more = f"<p>and {len(self) - len(shown)} more</p>" if len(self) > len(shown) else ""
        return table + more

    def __repr__(self) -> str:
        first = ", ".join(map(repr, self[:3]))
        return f"<{len(self)} drawings: {first}{', ...' if len(self) > 3 else ''}>"


def captions(shown: Sequence[Drawing], *, with_sketch: bool = True) -> list[str]:
    """Return the captions of drawings: the name given, else the sketch and up to three settings.

    Those are the settings in which that sketch's drawings here differ, the one with the most values first.
    If none differs, it is the seed: 'harmonograph · seed 0'.
    """
    values: dict[tuple[str, str], set[str]] = {}
    for one in shown:
        for name, value in _settings(one).items():
            values.setdefault((one.sketch, name), set()).add(value)
    marks = marks_of_each(one.mark_key for one in shown)
    return [
        marks[one.mark_key].name or _caption(one, values, with_sketch=with_sketch) for one in shown
    ]


def _caption(
    drawing: Drawing, values: Mapping[tuple[str, str], set[str]], *, with_sketch: bool
) -> str:
    own = _settings(drawing)
    counts = {name: len(values[drawing.sketch, name]) for name in own}
    differing = [name for name in own if counts[name] > 1]
    differing.sort(key=lambda name: counts[name], reverse=True)
    parts = [f"{name.replace('_', ' ')} {own[name]}" for name in differing[:_MOST_SETTINGS]]
    if not parts:
        parts = [f"seed {drawing.seed}"]
    if with_sketch:
        parts = [drawing.sketch.replace("_", " "), *parts]
    return " · ".join(parts)


def _settings(drawing: Drawing) -> dict[str, str]:
    page = f"{drawing.width:g} x {drawing.height:g}"
    named = {"seed": drawing.seed, "page": page, "margin": drawing.margin}
    return {name: short(value) for name, value in {**named, **drawing.parameters}.items()}
