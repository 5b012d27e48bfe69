"""A picture as an `<img>` that holds its bytes: it survives saving, reopening and untrusted notebooks."""

import re
from binascii import b2a_base64
from collections.abc import Sequence
from pathlib import Path

from drawscape.settings import StrPath

_SHOWN = (".svg", ".png")
_KINDS = ((b"\x89PNG", "png"), (b"RIFF", "webp"), (b"\xff\xd8", "jpeg"), (b"GIF8", "gif"))
_LARGEST = 20_000_000
_PAPER = "background: #fefcf7; box-shadow: 0 0 0 1px #8884"  # in a dark notebook, too
# Without a notebook's stripes behind pictures.
_CELL = "text-align: center; background: white; color: black"
# Only of the picture: a file's recipe changes with the library's code.
_METADATA = re.compile(rb"<metadata\b.*?</metadata>\s*", re.DOTALL)


def kind_of(picture: bytes) -> str:
    """Return a picture's MIME type without 'image/', read from its first bytes."""
    return next((kind for first, kind in _KINDS if picture.startswith(first)), "svg+xml")


def image_tag(data: bytes, alt: str, *, height_px: int = 480) -> str:
    """Return the `<img>` of a picture, at most `height_px` high."""
    from html import escape

    coded = b2a_base64(data, newline=False).decode()
    style = f"max-width: 100%; max-height: {height_px}px; {_PAPER}"
    return (
        f'<img src="data:image/{kind_of(data)};base64,{coded}" alt="{escape(alt)}" style="{style}">'
    )


def file_tag(path: StrPath, *, height_px: int = 480) -> str | None:
    """Return the `<img>` of the picture in a file, at most `height_px` high, for a notebook's HTML.

    None if the file is not a picture, gone, or too large to show.

    >>> path = draw("spiral", 100, 100).save("spiral.svg")
    >>> file_tag(path, height_px=110)[:30]
    '<img src="data:image/svg+xml;b'
    """
    file = Path(path)
    try:
        if file.suffix not in _SHOWN or file.stat().st_size > _LARGEST:
            return None
        return image_tag(_METADATA.sub(b"", file.read_bytes()), file.name, height_px=height_px)
    except OSError:
        return None


def table_of(cells: Sequence[str], columns: int) -> str:
    """Return pieces of HTML as a table in rows of `columns`, for a notebook."""
    shown = [f'<td style="{_CELL}">{cell}</td>' for cell in cells]
    rows = ["".join(shown[i : i + columns]) for i in range(0, len(shown), columns)]
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"
