"""Which pen draws which line: layers by top-level group, by colour, or all in one."""

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np

from drawscape.drawing.color import is_white
from drawscape.drawing.document import Layer
from drawscape.errors import UnknownNameError
from drawscape.geometry.lines import Ints, Lines
from drawscape.svg.read.scene import Context, Scene

Layering = Literal["auto", "group", "color", "none"]
"""`auto` takes Inkscape's layers, else groups or colours, whichever make more layers."""

_BLACK = "black"


def checked(layering: str) -> None:
    """Raise UnknownNameError unless `layering` is one of Layering."""
    if layering not in get_args(Layering):
        raise UnknownNameError("layering", str(layering), get_args(Layering))


def ink_of(context: Context) -> str:
    """Return the colour that draws an outline: the stroke's, unless only its fill is seen on paper."""
    inks = [color for color in (context.stroke, context.fill) if color]
    return next((ink for ink in inks if not is_white(ink)), inks[0] if inks else _BLACK)


def without_white(scene: Scene, lines: Lines, outlines: Ints) -> tuple[Lines, Ints]:
    """Return the lines without those that would be white on white; if all are white, they stay."""
    white = np.array([is_white(ink_of(c)) for c in scene.contexts], dtype=bool)
    on_white = np.array([not context.on_dark for context in scene.contexts], dtype=bool)
    of = np.array(scene.of, dtype=np.int64)
    drawn = ~(white & on_white)[of[outlines]] if len(outlines) else np.empty(0, dtype=bool)
    if drawn.all() or not drawn.any():
        return lines, outlines
    dropped = len(np.unique(outlines[~drawn]))
    scene.unsupported["white outlines on white paper are not drawn"] += dropped
    return lines.take(drawn), outlines[drawn]


def layers(scene: Scene, lines: Lines, outlines: Ints, layering: Layering) -> list[Layer]:
    """Return the lines by layer, in the order in which the layers begin in the file."""
    if not len(lines):
        return []
    of = np.array(scene.of, dtype=np.int64)[outlines]
    used = np.unique(of).tolist()
    inks = {number: ink_of(scene.contexts[number]).strip() for number in used}
    by_group = [
        (scene.contexts[n].group, inks[n] if scene.contexts[n].group is None else "") for n in used
    ]
    if layering == "auto":
        layering = _by_what_makes_more(scene, used, by_group, inks)
    by_color = [inks[n].lower() if layering == "color" else "" for n in used]
    keys: Sequence[object] = by_group if layering == "group" else by_color
    members: dict[object, list[int]] = {}
    for number, key in zip(used, keys, strict=True):
        members.setdefault(key, []).append(number)
    firsts = {number: int(np.argmax(of == number)) for number in used}
    drawn = sorted(members.values(), key=lambda numbers: min(firsts[n] for n in numbers))
    for numbers in drawn:
        numbers.sort(key=firsts.__getitem__)
    return [
        _layer(scene, inks, numbers, lines.take(np.isin(of, numbers)), layering)
        if len(drawn) > 1
        else _layer(scene, inks, numbers, lines, layering)
        for numbers in drawn
    ]


def _by_what_makes_more(
    scene: Scene,
    used: list[int],
    by_group: list[tuple[int | None, str]],
    inks: dict[int, str],
) -> Layering:
    groups = {scene.contexts[n].group for n in used} - {None}
    if any(scene.groups[group].is_layer for group in groups if group is not None):
        return "group"
    colors = {ink.lower() for ink in inks.values()}
    return "group" if groups and len(set(by_group)) >= len(colors) else "color"


def _layer(
    scene: Scene, inks: dict[int, str], numbers: list[int], lines: Lines, layering: str
) -> Layer:
    context = scene.contexts[numbers[0]]
    color, width = inks[numbers[0]], context.width_mm
    widths = (scene.contexts[number].width_mm for number in numbers)
    width = next((w for w in widths if w is not None), None)
    if layering == "group" and context.group is not None:
        draft = scene.groups[context.group]
        own = draft.color if draft.color and not is_white(draft.color) else None
        return Layer(draft.name, own or color, draft.width_mm or width, lines)
    return Layer("all" if layering == "none" else color, color, width, lines)
