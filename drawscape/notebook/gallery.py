"""Pictures side by side in an output that lasts: saved in the notebook, shown anywhere."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from drawscape.notebook.picture import Picture
from drawscape.notebook.saved_picture import alt_of

# Paper is white in a dark notebook too, and a notebook's stripes are not for pictures.
_TILE = "text-align: center; background: white; color: black"


@dataclass(frozen=True)
class Gallery:
    """Pictures with captions in rows of `columns`, each at most `width_px` wide."""

    pictures: Sequence[Picture | None]
    captions: Sequence[str]
    columns: int
    width_px: int = 190
    failures: Sequence[bool] = ()

    def _repr_html_(self) -> str:
        """A table of `<img>`: what every viewer of notebooks shows, and scripts never run in."""
        tiles = [self._tile(i) for i in range(len(self.pictures))]
        rows = [tiles[i : i + self.columns] for i in range(0, len(tiles), self.columns)]
        body = "".join(f"<tr>{''.join(row)}</tr>" for row in rows)
        return f"<table>{body}</table>"

    def __repr__(self) -> str:
        return f"{len(self.pictures)} drawings in rows of {self.columns}"

    def _tile(self, index: int) -> str:
        picture, caption = self.pictures[index], escape(self.captions[index])
        shown = "no picture"
        if picture is not None:
            data = base64.b64encode(picture.data).decode("ascii")
            alt = alt_of(self.captions[index])
            source = f"data:image/{picture.format};base64,{data}"
            shown = f'<img src="{source}" width="{self.width_px}" alt="{alt}">'
        failed = index < len(self.failures) and self.failures[index]
        words = f'<span style="color: #b00020">{caption}</span>' if failed else caption
        return f'<td style="{_TILE}">{shown}<br>{words}</td>'
