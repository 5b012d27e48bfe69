"""Colours as SVG names them, in numbers."""

import re

from drawscape.errors import PlotError

# The sixteen of HTML 4 and a few that pens come in; everything else is asked of Pillow, if it is there.
_NAMED = {
    "black": "000000",
    "white": "ffffff",
    "gray": "808080",
    "grey": "808080",
    "silver": "c0c0c0",
    "red": "ff0000",
    "maroon": "800000",
    "lime": "00ff00",
    "green": "008000",
    "blue": "0000ff",
    "navy": "000080",
    "yellow": "ffff00",
    "olive": "808000",
    "aqua": "00ffff",
    "cyan": "00ffff",
    "teal": "008080",
    "fuchsia": "ff00ff",
    "magenta": "ff00ff",
    "purple": "800080",
    "orange": "ffa500",
    "brown": "a52a2a",
    "gold": "ffd700",
    "pink": "ffc0cb",
}
_HEX = re.compile(r"#(?:([0-9a-f]{3})|([0-9a-f]{6}))(?:[0-9a-f]{0,2})")
_RGB = re.compile(r"rgba?\(\s*([\d.]+%?)[\s,]+([\d.]+%?)[\s,]+([\d.]+%?)(?:[\s,/]+[\d.]+%?)?\s*\)")


def rgb(color: str) -> tuple[int, int, int]:
    """Return red, green and blue, 0 to 255, of a CSS colour; opacity is left aside.

    Raises PlotError for a colour that is not known.
    """
    text = color.strip().lower()
    if match := _RGB.fullmatch(text):
        red, green, blue = (_channel(part) for part in match.groups())
        return red, green, blue
    digits = _NAMED.get(text)
    if match := _HEX.fullmatch(text):
        digits = match[2] or "".join(2 * digit for digit in match[1])
    if digits is None:
        return _by_pillow(color)
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


def _channel(part: str) -> int:
    value = float(part.rstrip("%")) * (255 if part.endswith("%") else 100) / 100
    return round(min(max(value, 0.0), 255.0))


def _by_pillow(color: str) -> tuple[int, int, int]:
    try:
        from PIL import ImageColor

        found = ImageColor.getrgb(color)
    except (ImportError, ValueError) as error:
        raise PlotError(f"colour {color!r} is not known; write it as '#rrggbb'") from error
    return found[0], found[1], found[2]
