"""The speed, height and drying time that the pens of a home set on a machine."""

from dataclasses import asdict, replace
from typing import Any

from drawscape.drawing.document import Document, Motion, pen_name
from drawscape.machine.device import Device
from drawscape.pens import StoredPen, stored_pens


def with_motions(document: Document, device: Device) -> Document:
    """Return the drawing with the motions that its pens ask for on a machine.

    A layer without a speed is drawn no faster than its pen's top speed. One without a height has its
    pen's on this machine. It begins when the ink of the pen before it is dry.
    """
    pens, before = stored_pens(), None
    layers = []
    for layer in document.layers:
        pen, motion = pens.get(pen_name(layer.name)), layer.motion
        if pen is not None:
            motion = _motion(motion, pen, device)
        if before is not None and pen is not before:
            delay_ms = max(round(1000 * before.drying_s), motion.delay_ms or 0)
            motion = replace(motion, delay_ms=delay_ms or None)
        if motion.plotted:
            before = pen
        if motion != layer.motion:
            layer = replace(layer, name=layer.pen.moving(**asdict(motion)).name)
        layers.append(layer)
    return document.with_layers(layers)


def pen_in(pen: StoredPen, device: Device, *, number: int, first: int) -> dict[str, Any]:
    """Return the pen in a plot's journal that draws for `number` from stroke `first` on."""
    motion = _motion(Motion(), pen, device)
    return {
        "number": number, "first": first, "name": pen.name, "color": pen.color,
        "width_mm": pen.width_mm, "speed": motion.speed, "height": motion.height,
    }  # fmt: skip


def _motion(motion: Motion, pen: StoredPen, device: Device) -> Motion:
    plotter = device.machine.plotter
    if motion.speed is None and pen.top_speed is not None and pen.top_speed < plotter.draw_speed:
        percent = int(100 * pen.top_speed / plotter.top_speed)
        motion = replace(motion, speed=max(percent, 1))
    if motion.height is None and device.name in pen.heights:
        motion = replace(motion, height=round(pen.heights[device.name]))
    return motion
