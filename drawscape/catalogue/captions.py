"""The words under drawings that stand side by side: in what each differs from the others."""

from collections.abc import Sequence
from typing import Any

from drawscape.catalogue.drawing import Drawing

MOST_SETTINGS = 3
"""Settings under a drawing: what still fits into two lines."""


def captions(shown: Sequence[Drawing], *, with_sketch: bool = True) -> list[str]:
    """Return the words under drawings: the name given, else the sketch and up to three settings.

    Those are settings that are not the same in all of that sketch's drawings here, the one with the most
    values first, or else the seed: 'harmonograph · seed 0'.
    """
    values: dict[str, dict[str, set[str]]] = {}
    for drawing in shown:
        seen = values.setdefault(drawing.sketch, {})
        for name, value in _settings(drawing).items():
            seen.setdefault(name, set()).add(value)
    return [
        drawing.name or _caption(drawing, values[drawing.sketch], with_sketch) for drawing in shown
    ]


def _caption(drawing: Drawing, values: dict[str, set[str]], with_sketch: bool) -> str:
    settings = _settings(drawing)
    names = sorted((n for n in settings if len(values[n]) > 1), key=lambda n: -len(values[n]))
    parts = [f"{name.replace('_', ' ')} {settings[name]}" for name in names[:MOST_SETTINGS]]
    named = [drawing.sketch.replace("_", " ")] if with_sketch else []
    return " · ".join([*named, *(parts or [f"seed {drawing.seed}"])])


def _settings(drawing: Drawing) -> dict[str, str]:
    page = f"{drawing.width:g} x {drawing.height:g}"
    named = {"seed": drawing.seed, "page": page, "margin": drawing.margin}
    return {name: short(value) for name, value in {**named, **drawing.parameters}.items()}


def short(value: Any) -> str:
    """Return a parameter's value in a few characters.

    >>> short(1 / 3)
    '0.3333'
    """
    return f"{value:.4g}" if isinstance(value, float) else str(value)
