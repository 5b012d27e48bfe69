"""`drawscape machine` on machines that forgive nothing, and files of machines that fit no driver."""

import contextlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from click.testing import CliRunner
from machine_bench import answering, document, scribble
from machine_emulators import EbbEmulator, GrblEmulator, HpEmulator, MarlinEmulator
from support import wait_until

from drawscape.cli.root import root
from drawscape.drawing.document import Document, Layer
from drawscape.errors import DrawscapeError, MachineError, PlotError
from drawscape.geometry.lines import Lines
from drawscape.machine.device import add_device, devices, folder, read_device
from drawscape.machine.plot import Plot
from drawscape.machine.run import run_plot
from drawscape.plot.gcode_profile import PROFILES
from drawscape.tasks.plotting import enqueue_plot


def machine(*arguments, code=0):
    result = CliRunner().invoke(root, ["machine", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return result.stdout + str(result.exception or "")


def place_of(said):
    """The place in mm that `machine check` has said."""
    said = said.splitlines(keepends=True)[0] if "the pen is at" in said.splitlines()[0] else said
    x, y = said.partition("the pen is at ")[2].removesuffix(" mm\n").split(", ")
    return float(x), float(y)


@pytest.mark.parametrize(
    ("driver", "emulator", "options", "turn"),
    [
        ("ebb", EbbEmulator, {}, (1, 1)),
        ("grbl", GrblEmulator, {}, (1, 1)),
        ("grbl", GrblEmulator, {"s10": 0}, (1, 1)),
        ("hpgl", HpEmulator, {}, (1, -1)),  # its own y points up
    ],
)
def test_jogging_moves_the_pen_by_so_many_mm(bench, driver, emulator, options, turn):
    desk = bench(driver, emulator, **options)
    if driver == "grbl":
        desk.emulator.systems |= {"G54": (12 - 3j, 0.0), "G55": (70 + 40j, 0.0)}
        desk.emulator.system = "G55"  # another program has left it so
    if driver != "hpgl":
        assert "does not know where its pen is" in machine("check", "desk")
        machine("zero", "desk")
        assert place_of(machine("check", "desk")) == (0, 0)
    machine("jog", "desk", 40, 50)
    before, began = place_of(machine("check", "desk")), desk.emulator.carriage.at
    machine("jog", "desk", 12, 7.5)
    moved = np.subtract(desk.emulator.carriage.at, began)
    assert moved == pytest.approx(np.multiply((12, 7.5), turn), abs=0.05)
    after = place_of(machine("check", "desk"))
    assert np.subtract(after, before) == pytest.approx((12, 7.5), abs=0.05)


def test_a_jog_of_no_number_is_refused(home):
    add_device("desk", "ebb", "/dev/none")
    assert (
        "'nan' is not a number"
        in CliRunner().invoke(root, ["machine", "jog", "desk", "nan", "0"]).output
    )


@pytest.mark.parametrize("size", [(297, 210), (420, 297)])
def test_the_frame_in_the_air_goes_around_the_drawing_on_any_paper(bench, size):
    desk = bench("hpgl", HpEmulator)
    layers = (Layer("1 pen", "black", None, Lines.of([[(60, 80), (200, 160)]])),)
    plot, places = desk.plot(Document(*size, layers)), []
    moves = desk.emulator.carriage.move
    desk.emulator.carriage.move = lambda to, now: (places.append(to), moves(to, now))
    result = CliRunner().invoke(root, ["plots", "frame", plot.id])
    assert result.exit_code == 0, result.output
    left, top = {297: (10, 206), 420: (15, 287)}[size[0]]
    for x, y in [(60, 80), (200, 80), (200, 160), (60, 160)]:
        away = np.hypot(*(np.array(places) - (x - left, top - y)).T)
        assert away.min() < 0.1
    assert not desk.emulator.carriage.strokes


@pytest.mark.parametrize(
    ("driver", "emulator", "options", "corner"),
    [
        ("grbl", GrblEmulator, {"s22": 1, "s130": 200, "s131": 180}, (1, 1)),
        ("marlin", MarlinEmulator, {}, (0, 0)),
    ],
)
def test_zero_is_set_on_a_machine_that_has_found_its_switches_first(
    bench, driver, emulator, options, corner
):
    desk = bench(driver, emulator, **options)
    with pytest.raises(MachineError, match="drawscape machine home desk"):
        CliRunner().invoke(root, ["machine", "zero", "desk"], catch_exceptions=False)
    machine("home", "desk")
    x, y = np.subtract((50, 40), corner)
    machine("jog", "desk", x, y)
    machine("zero", "desk")
    assert place_of(machine("check", "desk")) == (0, 0)
    plot, device = desk.plot(scribble(3, strokes=3)), read_device("desk")
    with ThreadPoolExecutor(1) as pool, device.opened() as driver:
        run = pool.submit(desk.run, plot)
        wait_until(lambda: plot.refresh().runs)  # it waits for the machine, whose zero is moved
        driver.connect()
        driver.prepare()
        driver.run(driver.travel(3, 4))
        driver.zero_here()
        driver.mark()
        device.remember(driver)
    assert run.result() == "done"
    assert desk.emulator.carriage.at == pytest.approx((53, 44), abs=0.02)
    first = np.add(plot.plan.placed(plot.plan.lines[0], plot.device.machine)[0], (53, 44))
    assert desk.emulator.carriage.strokes[0][0] == pytest.approx(first, abs=0.05)


def test_nothing_is_lost_of_what_several_programs_write_down_of_one_machine(home):
    device = add_device("desk", "ebb", "/dev/none")
    with ThreadPoolExecutor(4) as programs:
        for pen in map(str, range(24)):
            programs.submit(device.update, settings={pen: 1.0})
            programs.submit(device.update, offsets={pen: [1.0, 1.0]})
            programs.submit(add_device, "desk", "ebb", "/dev/none", A3)
    machine("offset", "desk", "red", 1, -2)
    written = read_device("desk")
    assert (len(written.settings), len(written.offsets)) == (24, 25)
    assert written.offsets["red"] == [-1, 2]


A3 = "axidraw-v3-a3"


@pytest.mark.parametrize(
    ("size", "pen_2", "then", "outside", "words"),
    [
        ((420, 297), (0, 0), "axidraw-v3", "refuse", r"415, 285 mm: the AxiDraw V3 \(A4\) reaches"),
        ((420, 297), (0, 0), "axidraw-v3", "keep", None),
        ((420, 297), (0, 0), "axidraw-v3", None, None),  # of a home that did not note it
        ((420, 297), (9, 0), A3, "refuse", None),
        ((420, 297), (-5.5, 0), A3, "refuse", r"^-0\.5, 5 mm: the AxiDraw V3/A3"),
        ((210, 290), (-4.9, 0), "axidraw-v3", "crop", None),
        ((210, 290), (-5.1, 0), "axidraw-v3", "crop", r"\(A4\) reaches 300 x 218 mm"),
    ],
)  # fmt: skip
def test_a_plot_is_checked_by_its_machine_as_it_is_when_it_is_drawn(
    home, size, pen_2, then, outside, words
):
    way = Lines.of([[(5, 5), (size[0] - 5, 285)]])
    layers = Layer("1 black", "black", None, way), Layer("2 red", "red", None, way)
    add_device("desk", "ebb", "/dev/none", A3)
    plot = Plot.create(Document(*size, layers), "desk", outside=outside or "refuse").again()
    if outside is None:
        path = plot.journal.path
        path.write_text(path.read_text().replace(',"outside":"refuse"', ""))
        plot = Plot(plot.folder)
    add_device("desk", "ebb", "/dev/none", then).update(offsets={"2": pen_2})

    def frame(one):
        CliRunner().invoke(root, ["plots", "frame", one.id], catch_exceptions=False)

    for act in (enqueue_plot, lambda one: run_plot(one, "run"), frame):
        if words is None and act is not enqueue_plot:
            words = "there is no port"
        with pytest.raises(DrawscapeError, match=words) if words else contextlib.nullcontext():
            act(plot)


def test_a_plot_does_not_go_on_turned(bench):
    desk = bench("ebb", EbbEmulator)
    layer = Layer("1 pen", "black", None, Lines.of([[(5, y), (9, y)] for y in range(5, 35, 5)]))
    plot = desk.plot(Document(210, 290, (layer,)))  # lies on its side
    asked = []

    assert desk.run(plot, yes=False, on_news=answering(plot, asked)) == "done"
    assert "210 x 290 mm (on its side, with its top at the machine's left) in desk" in asked[0]
    top_left = desk.emulator.carriage.strokes[0][0]  # 5 mm from the sheet's left and top
    assert top_left == pytest.approx((5, 205), abs=0.05)
    device = read_device("desk")
    device.update(profile=A3)
    with pytest.raises(PlotError, match="would draw the rest of plot"):
        desk.run(plot, from_stroke=3)
    device.update(profile=None)
    assert desk.run(plot, from_stroke=3) == "done"


@pytest.mark.parametrize(
    ("driver", "profile", "words"),
    [
        ("ebb", "grbl", "profile 'grbl' is for gcode, and the driver 'ebb' is not"),
        ("ebb", "servo", "unknown machine .* 'servo'"),
        ("hpgl", "marlin", "profile 'marlin' is for gcode"),
        ("grbl", "hp7475a", "profile 'hp7475a' is for hpgl"),
    ],
)
def test_a_profile_in_another_language_is_refused(home, driver, profile, words):
    with pytest.raises(DrawscapeError, match=words):
        add_device("desk", driver, "/dev/none", profile)
    assert devices() == []


@pytest.mark.parametrize("name", PROFILES)
def test_a_plot_is_estimated_by_its_profiles_feeds(home, name):
    profile = PROFILES[name]
    plotter = add_device("desk", "grbl", "/dev/none", name).machine.plotter
    assert (plotter.draw_speed, plotter.raise_s) == (
        profile.draw_feed / 60, profile.lift_s("pen_up"),
    )  # fmt: skip
    assert plotter.per_axis  # as it was


def test_a_machine_file_without_a_profile_is_not_mirrored(home):
    path = home / "plain.toml"
    path.write_text('[plain]\ntitle = "P"\nwidth_mm = 90\nheight_mm = 90\nformat = "gcode"\n')
    add_device("desk", "grbl", "/dev/none", str(path))
    plot = Plot.create(document("grbl", seed=1), "desk")
    placed = plot.plan.placed(np.array([(3.0, 5.0)]), read_device("desk").machine)
    assert placed.tolist() == [[3, 55]]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda path: path.write_text("{"), "machine file of 'bad' is damaged"),
        (lambda path: path.write_text('{"name":"bad","driver":"x","port":"y"}'), "is damaged"),
        (lambda path: (path.parents[2] / "own.toml").unlink(), "own.toml' cannot be read"),
    ],
)
def test_a_machine_that_cannot_be_used_hides_no_other(home, spoil, words):
    add_device("good", "ebb", "/dev/none")
    own = home / "own.toml"
    own.write_text('[own]\ntitle = "P"\nwidth_mm = 90\nheight_mm = 90\nformat = "gcode"\n')
    add_device("bad", "grbl", "/dev/none", str(own))
    spoil(folder() / "bad.json")
    listed = machine("list")
    assert words in listed
    assert "AxiDraw" in listed
    assert "unknown machine" in machine("check", "none", code=1)
    assert "good" in {device.name for device in devices()}
