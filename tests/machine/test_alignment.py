"""A sheet that was laid again: two points are found by a person, and the rest of the plot follows."""

import re

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from machine_bench import judge, scribble
from machine_emulators import EbbEmulator, GrblEmulator, MarlinEmulator
from photographs import Scene, circles, photograph_of

from drawscape.cli.root import root
from drawscape.errors import PlotError
from drawscape.machine.alignment import AS_LAID

BOARDS = [
    ("grbl", GrblEmulator),
    pytest.param("ebb", EbbEmulator, marks=pytest.mark.nightly),
    pytest.param("marlin", MarlinEmulator, marks=pytest.mark.nightly),
]


def machine(*words, code=0, typed=""):
    result = CliRunner().invoke(root, ["machine", *map(str, words)], input=typed)
    if isinstance(result.exception, PlotError):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.output + str(result.exception or "")


def laid(points, *, degrees, shift, size=1.0):
    """Return where places in the machine are once the sheet was turned around its zero and moved."""
    turned = np.asarray(points) @ (1, 1j) * size * np.exp(1j * np.radians(degrees))
    return np.stack((turned.real, turned.imag), axis=-1) + shift


def typed_by_a_person(plot, places, how, rng):
    """Return what a person types who sees the pen at the places of the plan, and the ink elsewhere."""
    planned = plot.plan.placed(np.array(places), plot.device.machine)
    lines = []
    for start, there in zip(np.clip(planned, 0, None), laid(planned, **how), strict=True):
        x, y = there - start + rng.uniform(-0.05, 0.05, 2)
        lines += [f"{x / 2:.3f} {y / 2:.3f}", "no", f"{x / 2:.3f} {y / 2:.3f}", "down", ""]
    return "\n".join([*lines, ""])


def apart(plot):
    """Return the two points that `machine align` names, by the picture that shows them."""
    text = (plot.folder / "points.svg").read_text()
    red = text[text.index('stroke="red"') :]
    rings = [part.split('"')[0].split() for part in red.split('points="')[1:]]
    return [np.mean([list(map(float, p.split(","))) for p in ring[:-1]], axis=0) for ring in rings]


def aligned(plot, how, *words, places=None):
    """Let a person find the points that the command names; return what it says."""
    if places is None:
        machine("align", "desk", "--plot", plot.id, typed="\n\n")  # it names and marks them
    typed = typed_by_a_person(plot, places or apart(plot), how, np.random.default_rng(1))
    return machine("align", "desk", "--plot", plot.id, *words, typed=typed)


def verdict_of(plot, strokes, how):
    return judge(
        plot, strokes, lambda points: laid(plot.plan.placed(points, plot.device.machine), **how)
    )


@pytest.mark.parametrize(("driver", "emulator"), BOARDS)
def test_the_rest_of_a_plot_lands_where_the_sheet_lies_now(bench, driver, emulator):
    desk = bench(driver, emulator)
    how = {"degrees": 3.0, "shift": (9.0, 4.0)}
    plot = desk.plot(scribble(3, strokes=14))
    desk.emulator.fail_after(8, lambda board: plot.request("stop"))
    assert desk.run(plot).startswith("interrupted")
    said = aligned(plot, how)
    before = len(desk.emulator.carriage.strokes)
    assert re.search(r"Point 1 of 2 is where stroke \d+ begins", said)
    assert "write two numbers" in said
    assert desk.run(plot) == "done"
    verdict = verdict_of(plot, desk.emulator.carriage.strokes[before:], how)
    assert verdict.off_mm < 0.2
    assert [number for number in verdict.missing if number > plot.record.first] == []


def test_a_second_side_is_aligned_by_the_corners_of_its_sheet_which_may_have_grown(bench):
    desk = bench("ebb", EbbEmulator)
    assert "does not know where its pen is" in machine("home", "desk", code=1)
    machine("zero", "desk")
    how = {"degrees": -2.0, "shift": (6.0, 8.0), "size": 1.02}
    plot = desk.plot(scribble(4, strokes=6))
    places = [(0, 0), (60, 60)]
    with pytest.raises(PlotError, match=r"86.\d mm apart on the paper and 84.9 mm .* --scale"):
        aligned(plot, how, places=places)
    assert "upper left corner of the sheet" in aligned(plot, how, "--scale", places=places)
    with pytest.raises(PlotError, match="is for desk, and ready"):
        machine("align", "wall", "--plot", plot.id)
    before = len(desk.emulator.carriage.strokes)  # where the pen was let down
    assert desk.run(plot) == "done"
    verdict = verdict_of(plot, desk.emulator.carriage.strokes[before:], how)
    assert (verdict.missing, verdict.off_mm < 0.2) == ([], True)


def test_a_sheet_that_lies_out_of_reach_is_refused_before_the_pen_draws(bench):
    desk = bench("ebb", EbbEmulator)
    machine("zero", "desk")
    plot = desk.plot(scribble(4, strokes=6))
    how = {"degrees": 0.0, "shift": (-20.0, 0.0)}
    points = ("--points", 30, 10, 30, 58)
    with pytest.raises(PlotError, match=r"-\d+(\.\d)?, .* mm: the AxiDraw V3 \(A4\) reaches"):
        aligned(plot, how, *points, places=[(30, 10), (30, 58)])
    assert plot.refresh().alignment == AS_LAID
    with pytest.raises(PlotError, match=r"5\.0 mm apart: choose points"):
        machine("align", "desk", "--plot", plot.id, "--points", 1, 1, 6, 1, typed="\n\n")
    assert [len(line) for line in desk.emulator.carriage.strokes] == [1, 1]  # dots, at "down"


def photographed(plot, number, how, home):
    """Photograph the sheet under a machine's arm with the pen at a place; return what a person types."""
    plan, drawn = plot.plan, plot.state.drawn
    gone = (np.flatnonzero(drawn == 0) + 1).tolist()
    shot = photograph_of(plan, gone, Scene(px_per_mm=8, turn=4 + number, seed=number))
    (there,) = plan.placed(apart(plot)[number - 1][None], plot.device.machine)  # of the machine
    origin, right, down = plan.placed(np.array([[0, 0], [1, 0], [0, 1.0]]), plot.device.machine)
    back = ((there - how["shift"]) @ (1, 1j)) * np.exp(-1j * np.radians(how["degrees"]))
    axes = np.stack((right - origin, down - origin), axis=1)
    on_sheet = np.linalg.solve(axes, [back.real, back.imag] - origin)
    x, y = shot.place(on_sheet[None])[0]
    cv2.line(shot.picture, (round(x), round(y) - 6), (round(x) + 300, -90), (70, 70, 75), 90)
    file = shot.save(home / f"pen at {number}.jpg")
    return f"{file} {x:.1f} {y:.1f}"


def test_two_photographs_with_the_pen_over_the_sheet_tell_where_it_lies(bench, home):
    desk = bench("ebb", EbbEmulator)
    how = {"degrees": 3.0, "shift": (9.0, 4.0)}
    plot = desk.plot(circles().document())
    desk.emulator.fail_after(30, lambda board: plot.request("stop"))
    assert desk.run(plot).startswith("interrupted")
    machine("align", "desk", "--plot", plot.id, typed="\n\n")  # it names and marks the points
    (home / "text.jpg").write_text("no picture")
    shots = [photographed(plot, number, how, home) for number in (1, 2)]
    wrong = [f"{home}/text.jpg 1 1", "nowhere.jpg 1 1", "0.1"]
    typed = "\n".join([*wrong, *shots, ""])
    said = machine("align", "desk", "--plot", plot.id, "--photo", typed=typed)
    for words in ("is not a picture", "no file 'nowhere.jpg'", "0.1: "):
        assert words in said
    before = len(desk.emulator.carriage.strokes)
    assert desk.run(plot) == "done"
    drawn = desk.emulator.carriage.strokes[before:]
    assert len(drawn) == len(plot.plan) - plot.record.first
    assert verdict_of(plot, drawn, how).off_mm < 0.3
