"""The task that writes postcards."""

import re
from collections.abc import Sequence
from typing import Literal, get_args

from drawscape import settings
from drawscape.errors import UnknownNameError
from drawscape.sheets import postcard_back, postcard_front
from drawscape.svg_builder import SVGBuilder

_LONGEST = 60  # of four bytes at most: two of them fit into a file's name

Side = Literal["front", "address", "both"]


def generate_postcard_svg(
    recipient: str,
    message: str,
    template_name: str,
    *,
    side: Side = "both",
    address: str | Sequence[str] = (),
    postcode: str = "",
    sender: str = "",
    font: str = "scripts",
    address_font: str = "futural",
    greeting: str = "Dear {recipient},",
    missing: str | None = None,
    output_filename: str | None = None,
) -> str:
    """Return the absolute path of a postcard's front; its address side is written beside it.

    Both are A6 across. The front holds the template's design and the message, as large as fits. The
    back holds recipient, `address` lines, `postcode`, a box for the stamp, and the `sender`. `side` limits
    it to one; with 'address' that one's path is returned. Without `output_filename` the file is
    `postcards/postcard_RECIPIENT_TEMPLATE.svg`: a second card to the same person replaces it. See
    `drawscape.sheets` for the errors.

    >>> Path(generate_postcard_svg("Ada", "It rains here, too.", "travel", output_filename="ada.svg")).name
    'ada.svg'
    """
    if side not in get_args(Side):
        raise UnknownNameError("side", side, get_args(Side))
    cards: dict[str, SVGBuilder] = {}
    if side != "address":
        cards[""] = postcard_front(
            recipient, message, template_name, font=font, greeting=greeting, missing=missing
        )
    if side != "front":
        cards["_address"] = postcard_back(
            recipient,
            address=address,
            postcode=postcode,
            sender=sender,
            font=address_font,
            missing=missing,
        )
    named = f"postcard_{_plain_stem(recipient)}_{_plain_stem(template_name)}"
    stem = (output_filename or f"postcards/{named}").removesuffix(".svg")
    written = [
        card.save(settings.output_path(f"{stem}{suffix}.svg")) for suffix, card in cards.items()
    ]
    return str(written[0])


def _plain_stem(text: str) -> str:
    """Return `text` as a part of a file's name: blanks stay, and what leads to a folder becomes `_`."""
    return re.sub(r"[\x00-\x1f\x7f/\\:]", "_", text)[:_LONGEST]
