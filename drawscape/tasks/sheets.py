"""The task that writes postcards."""

import re

from drawscape import settings
from drawscape.sheets import postcard

_LONGEST = 60  # of at most four bytes: two texts fit into a file's name


def generate_postcard_svg(
    recipient: str,
    message: str,
    template_name: str,
    *,
    font: str = "scripts",
    greeting: str = "Dear {recipient},",
    missing: str | None = None,
    output_filename: str | None = None,
) -> str:
    """Return the absolute path of a postcard.

    It is A6 landscape, with the template's design and the message as large as fits. Without
    `output_filename` the file is `postcards/postcard_RECIPIENT_TEMPLATE.svg`: a second card to the same
    person replaces it. See `drawscape.sheets` for the errors.

    >>> Path(generate_postcard_svg("Ada", "It rains here, too.", "travel", output_filename="ada.svg")).name
    'ada.svg'
    """
    card = postcard(
        recipient, message, template_name, font=font, greeting=greeting, missing=missing
    )
    named = f"postcard_{_plain_stem(recipient)}_{_plain_stem(template_name)}"
    stem = (output_filename or f"postcards/{named}").removesuffix(".svg")
    return str(card.save(settings.output_path(f"{stem}.svg")))


def _plain_stem(text: str) -> str:
    """Return `text` as a part of a file's name: blanks stay, and path separators become `_`."""
    return re.sub(r"[\x00-\x1f\x7f/\\:]", "_", text)[:_LONGEST]
