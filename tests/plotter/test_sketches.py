"""Every sketch and random documents, on the emulator of each driver: drawn as planned, in the time said."""

import numpy as np
import pytest
from machine_bench import Bench, hp_place
from machine_emulators import KINDS, GrblEmulator
from shapely import LineString, Point
from support import rounds

from drawscape.drawing.document import Document, Layer
from drawscape.geometry.lines import Lines
from drawscape.plot import fit, optimize
from drawscape.plotter.plan import Placement
from drawscape.sketches import SKETCHES, draw

EVERY_DAY = ("schotter",)
DOCUMENTS = [f"random {seed}" for seed in range(rounds(1, 50))]


def random_document(seed):
    """Curves, polygons, dots and hatches with pens, speeds and passes; the ends of each range among them."""
    rng = np.random.default_rng(seed)
    layers = []
    for pen in range(1, int(rng.integers(1, 4)) + 1):
        lines = []
        for _ in range(int(rng.integers(1, 12))):
            count = int(rng.choice([1, 2, 3, 30, 200]))
            step = rng.choice([0.02, 0.3, 5.0], p=[0.2, 0.5, 0.3])
            turns = np.cumsum(rng.normal(0, rng.choice([0.05, 1.5]), count))
            ways = np.stack((np.cos(turns), np.sin(turns)), axis=1) * step
            line = rng.uniform(0, 40, 2) + np.cumsum(ways, axis=0)
            lines.append(np.clip(line, 0, 40))
        code = rng.choice(["", "+S10", "+S60"])
        layers.append(Layer(f"{pen}{code} pen {pen}", "black", None, Lines.of(lines)))
    return Document(40, 40, tuple(layers))


def document_of(name):
    if name.startswith("random"):
        return random_document(int(name.split()[1]))
    made = optimize(draw(name, 40, 40).document())
    first = [layer.lines.take(range(min(60, len(layer.lines)))) for layer in made.layers]
    return made.with_layers(
        [layer.with_lines(lines) for layer, lines in zip(made.layers, first, strict=True)]
    )


@pytest.mark.slow
@pytest.mark.parametrize("driver", KINDS)
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(n, marks=[] if n in (*EVERY_DAY, DOCUMENTS[0]) else pytest.mark.nightly)
        for n in [*SKETCHES, *DOCUMENTS]
    ],
)
def test_it_is_drawn_as_planned(home, driver, name):
    document = document_of(name)
    if driver == "hpgl":
        document = fit(document, 297, 210, margin_mm=80)
    desk = Bench(home, driver, KINDS[driver], None, {"scale": 60.0})
    try:
        plot = desk.plot(document)
        assert desk.run(plot) == "done"
        drawn = desk.emulator.carriage.strokes
    finally:
        desk.emulator.close()
    place = hp_place(driver) or Placement.of(plot.plan, plot.device.machine).points
    assert len(drawn) == len(plot.plan)
    for line, ink in zip(plot.plan.lines, drawn, strict=True):
        planned = place(line)
        path = LineString(planned) if len(planned) > 1 else Point(planned[0])
        assert max(path.distance(Point(point)) for point in ink) < 0.06
        assert np.hypot(*(ink[0] - planned[0])) < 0.06
        assert np.hypot(*(ink[-1] - planned[-1])) < 0.06
    # What it moved and waited; a busy computer that is late with the next stroke counts for nothing.
    took_s = desk.emulator.dwelt_s + desk.emulator.motion.moving_s
    estimate_s = plot.plan.seconds.sum()
    line_s = desk.emulator.received / 960 if driver == "hpgl" else 0.0  # which may be slower
    assert estimate_s <= 1.03 * took_s + line_s + 2.5
    # At sixty times its speed a planner may wait for lines, and is slower then.
    if not getattr(desk.emulator.motion, "starved", 0):
        assert estimate_s >= 0.97 * took_s - 2.5


@pytest.mark.nightly
def test_grbl_never_starves_in_a_stroke_at_115200_baud(home):
    turn = np.linspace(0, 12 * np.pi, 3000)
    curve = 30 + np.stack((np.cos(turn), np.sin(turn)), axis=1) * np.linspace(2, 12, 3000)[:, None]
    waves = np.stack((np.linspace(2, 58, 400), 50 + np.sin(np.linspace(0, 60, 400))), axis=1)
    desk = Bench(home, "grbl", GrblEmulator, None, {"scale": 0.6})
    try:
        plot = desk.plot(
            Document(60, 60, (Layer("1 pen", "black", None, Lines.of([curve, waves])),))
        )
        assert desk.run(plot) == "done"
        assert desk.emulator.motion.starved == 0
        took_s = desk.emulator.motion.moving_s + desk.emulator.dwelt_s
        assert took_s == pytest.approx(plot.plan.seconds.sum(), rel=0.03)
    finally:
        desk.emulator.close()
