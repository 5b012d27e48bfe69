"""Colours as far as a pen cares: whether they are seen at all, and whether they are the paper's."""

import re

_HEX = re.compile(r"#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})")
_CALL = re.compile(r"(rgb|hsl)a?\(([^()]*)\)")
_NAMED = {"white": (1.0, 1.0, 1.0, 1.0), "transparent": (0.0, 0.0, 0.0, 0.0)}


def rgba(color: str) -> tuple[float, float, float, float] | None:
    """Return red, green, blue and opacity, 0 to 1, of a CSS colour; None for most names.

    An hsl() colour is given as the grey of its lightness.
    """
    text = color.strip().lower()
    if match := _HEX.fullmatch(text):
        digits = match[1] if len(match[1]) > 4 else "".join(2 * digit for digit in match[1])
        parts = [int(digits[at : at + 2], 16) / 255 for at in range(0, len(digits), 2)]
        return (parts[0], parts[1], parts[2], parts[3] if len(parts) > 3 else 1.0)
    match = _CALL.fullmatch(text)
    values = re.split(r"[\s,/]+", match[2].strip()) if match else []
    if match is None or len(values) not in (3, 4):
        return _NAMED.get(text)
    try:
        opacity = share(values[3]) if len(values) > 3 else 1.0
        if match[1] == "hsl":
            light = share(values[2])
            return (light, light, light, opacity)
        red, green, blue = (share(v) if "%" in v else float(v) / 255 for v in values[:3])
    except ValueError:
        return None
    return (red, green, blue, opacity)


def share(text: str) -> float:
    """Return `'0.5'` or `'50%'` as 0.5; raise ValueError for anything else."""
    text = text.strip()
    return float(text[:-1]) / 100 if text.endswith("%") else float(text)


def is_white(color: str) -> bool:
    """Return whether a colour cannot be distinguished from white paper."""
    values = rgba(color)
    return values is not None and min(values[:3]) > 0.98


def luminance(color: str) -> float:
    """Return how bright a colour is, 0 to 1, times its opacity; names but white count as dark."""
    red, green, blue, opacity = rgba(color) or (0.0, 0.0, 0.0, 1.0)
    return (0.2125 * red + 0.7154 * green + 0.0721 * blue) * opacity
