"""What a designer does most: edit and run again, compare, plot, reach a parameter, find a drawing again."""

import re
import subprocess
from contextlib import contextmanager

import pytest
from machine_bench import Bench
from machine_emulators import EbbEmulator
from notebook_page import Panel
from support import beside, wait_until
from web_pages import await_settled, violations

from drawscape.machine.plot import list_plots

pytestmark = pytest.mark.browser

COMPARE = """from drawscape.notebook import compare
from drawscape.sketches import draw
compare(*(draw('truchet', 74, 105, seed=seed) for seed in range({count})))"""

WHOLE_PAGES = """() => [...document.querySelectorAll('.drawscape-viewer')].map(el => {
    const { view, drawing, canvas } = el.drawscapeViewer;
    const right = view.x + view.scale * drawing.width_mm, bottom = view.y + view.scale * drawing.height_mm;
    return canvas.clientWidth > 150 && Math.min(view.x, view.y) >= 0
        && right <= canvas.width && bottom <= canvas.height;
})"""

MIDDLES = """() => [...document.querySelectorAll('.drawscape-viewer')].map(el => {
    const [x, y] = el.drawscapeViewer.center();
    return [x, y, el.drawscapeViewer.view.scale].map(one => Math.round(one * 100) / 100).join(' ');
})"""


TIMES = """() => [...document.querySelectorAll('.drawscape-viewer')].map(({ drawscapeViewer: viewer }) =>
    [viewer.time, viewer.drawing.layers.find(layer => layer.name === 'loops')?.visible ?? false])"""


@pytest.mark.parametrize(
    ("count", "rows"),
    [(5, [3, 2]), *(pytest.param(n, [n], marks=pytest.mark.nightly) for n in (2, 4))],
)
def test_each_pane_of_a_comparison_shows_its_page_and_all_move_together(lab, page, count, rows):
    page.set_viewport_size({"width": 1366, "height": 768})
    lab.run_cells(page, COMPARE.format(count=count))
    await_settled(page, count)
    assert page.evaluate(WHOLE_PAGES) == [True] * count
    assert page.locator(".drawscape-viewer-name").all_inner_texts() == [
        f"seed {n}" for n in range(count)
    ]
    tops = [round(one.bounding_box()["y"]) for one in page.locator(".drawscape-viewer").all()]
    assert [tops.count(top) for top in sorted({*tops})] == rows
    page.get_by_label("the pen's way").fill("5000")  # one transport and one row of layers for all
    page.get_by_label("loops").uncheck()
    assert page.evaluate(TIMES) == [[0.5, False]] * count
    page.locator(".drawscape-viewer canvas").first.focus()
    page.keyboard.press("+")
    page.keyboard.press("ArrowLeft")
    await_settled(page, count)
    assert len(set(page.evaluate(MIDDLES))) == 1
    page.set_viewport_size({"width": 900, "height": 768})
    await_settled(page, count)
    assert len(set(page.evaluate(MIDDLES))) == 1


RINGS = """def rings(svg, rng, *, count: int = 3):
    svg.circle(40, 40, {radius})"""
FORM = "from drawscape.notebook import form\nshown = form(rings, paper='A7')\nshown"
EDIT = """([place, source]) => {
    const content = window.jupyterapp.shell.currentWidget.content;
    content.widgets[place].model.sharedModel.setSource(source);
    content.activeCellIndex = place;
    content.deselectAll();
    return window.jupyterapp.commands.execute('notebook:run-cell');
}"""


@pytest.mark.parametrize("is_one_cell", [True, pytest.param(False, marks=pytest.mark.nightly)])
def test_a_cell_whose_function_was_edited_draws_at_once_when_it_runs_again(lab, page, is_one_cell):
    def cells(radius):
        source = RINGS.format(radius=radius)
        return [f"{source}\n{FORM}"] if is_one_cell else [source, FORM]

    notebook = lab.run_cells(page, *cells(12))
    form = notebook.form()
    wait_until(lambda: b'r="12"' in form.picture(), "the first drawing")
    for radius in (25, 31):
        page.evaluate(EDIT, [0, cells(radius)[0]])
        drawn = f'r="{radius}"'.encode()
        wait_until(lambda drawn=drawn: drawn in notebook.form().picture(), "the edited drawing")
    form = notebook.form()
    form.await_status("finished")
    assert not form.root.locator("progress").is_visible()
    form.slide("count", 7)
    stale = form.root.get_by_role("button", name="settings changed")
    stale.wait_for()  # the picture is older than the settings
    form.root.get_by_role("button", name="Inspect").click()
    stale.wait_for(state="hidden")  # nor does it cover what is in the place of the picture
    form.root.get_by_role("button", name="Close").click()
    stale.click()
    stale.wait_for(state="hidden")
    assert notebook.cell_errors() == []


ROSE = """from drawscape.notebook import form
shown = form('rose', paper='A6')
shown"""
SCROLLERS = """form => [...form.querySelectorAll('*')].filter(one =>
    one.scrollHeight > one.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(one).overflowY))
    .map(one => one.className)"""


def test_every_parameter_is_reached_by_the_page_alone_with_the_picture_in_view(lab, page):
    page.set_viewport_size({"width": 1366, "height": 768})
    received = []

    def keep(data):  # what the test asks the kernel is answered in other messages
        data = data.encode() if isinstance(data, str) else data
        if re.search(rb'"msg_type": ?"(comm_|\w*display)', data):
            received.append(len(data))

    def listen(socket):
        socket.on("framereceived", keep)

    page.on("websocket", listen)
    notebook = lab.run_cells(page, ROSE)
    form = notebook.form()
    form.await_status("finished")
    form.root.locator(".drawscape-plotting").wait_for()
    page.remove_listener("websocket", listen)
    received.clear()
    form.root.get_by_role("button", name="Draw with the next seed").click()
    form.root.locator(".drawscape-strip li:nth-child(2) img[src]").wait_for()
    saved = "print('no picture' not in shown.static_html and len(shown.recent.paths))"
    wait_until(lambda: notebook.evaluate(saved) == "2\n", "the picture of the saved notebook")
    size = len(form.picture())
    assert size < sum(received) <= 2 * size + 20_000  # the picture comes once
    assert form.root.evaluate(SCROLLERS) == []
    form.root.evaluate("form => form.scrollIntoView()")
    for part in (
        ".drawscape-seed",
        ".drawscape-star",
        ".drawscape-plotting",
        "img.drawscape-picture",
    ):
        box = form.root.locator(part).first.bounding_box()
        assert 0 < box["y"] < 740 - box["height"], part
    form.root.locator(".drawscape-field-palette").scroll_into_view_if_needed()
    picture = form.root.locator("img.drawscape-picture").bounding_box()
    assert picture["y"] + picture["height"] > 240  # of 91 px to 740
    assert page.evaluate(TABS, [".drawscape-draw", ".drawscape-field-palette select"]) <= 20
    palette = form.root.locator(".drawscape-field-palette").bounding_box()
    assert palette["y"] + palette["height"] < 768


TABS = """([from, to]) => {
    const stops = [...document.querySelectorAll('.drawscape-form :is(button, input, select, summary)')]
        .filter(one => one.tabIndex >= 0 && !one.disabled && one.checkVisibility());
    const place = selector => stops.indexOf(document.querySelector(selector));
    return place(to) - place(from);
}"""
SQUARES = """from drawscape.notebook import form
def squares(svg, *, side: Annotated[int, Interval(ge=10, le=50)] = 30):
    svg.rect(5, 5, side, side)
shown = form(squares, paper='A7')
shown"""


def test_shift_on_a_slider_shows_five_values_and_space_on_the_strip_another_picture(lab, page):
    notebook = lab.run_cells(
        page, f"from annotated_types import Interval\nfrom typing import Annotated\n{SQUARES}"
    )
    form = notebook.form()
    form.await_status("finished")
    slider = form.root.get_by_role("slider", name="Side")
    slider.focus()
    page.keyboard.down("Shift")
    frames = form.root.locator(".drawscape-film button:has(img[src])")
    wait_until(lambda: frames.count() == 5, "five pictures")
    assert frames.all_inner_texts() == ["10", "20", "30", "40", "50"]
    frames.nth(3).click()
    page.keyboard.up("Shift")
    wait_until(lambda: b'width="40"' in form.picture(), "the value that was taken")
    assert form.root.locator(".drawscape-film").count() == 0
    tiles = form.root.locator(".drawscape-strip button:has(img[src])")
    wait_until(lambda: tiles.count() == 2, "both pictures in the strip, and no draft")
    form.root.locator(".drawscape-strip [aria-current]").wait_for()
    large = form.root.locator("img.drawscape-picture")
    own, other = large.get_attribute("src"), tiles.last.locator("img").get_attribute("src")
    tiles.last.focus()
    page.keyboard.down(" ")
    assert large.get_attribute("src") == other
    page.keyboard.up(" ")
    assert large.get_attribute("src") == own


MACHINES = """from drawscape.machine.device import add_device
_ = [add_device(name, 'simulator', '60x') for name in ('desk', 'wall')]"""


def test_plot_offers_her_machines_and_says_under_the_button_when_there_is_none(lab, page):
    page.set_viewport_size({"width": 1366, "height": 768})
    notebook = lab.run_cells(page, ROSE)
    form = notebook.form()
    form.await_status("finished")
    form.root.evaluate("form => form.scrollIntoView()")
    form.press("Plot")
    words = form.root.get_by_text("drawscape machine add desk --driver ebb --port")
    words.wait_for()
    box = words.bounding_box()
    button = form.root.get_by_role("button", name="Plot", exact=True).bounding_box()
    assert button["y"] < box["y"] < 740
    notebook.evaluate(MACHINES)
    form.press("Plot")
    form.root.get_by_role("menuitem", name="on wall").or_(
        form.root.get_by_text("choose a machine")
    ).first.wait_for()
    if not form.root.get_by_role("menuitem", name="on wall").is_visible():
        form.press("Plot")
    form.root.get_by_role("menuitem", name="on wall").click()
    form.root.locator(".drawscape-plot-state", has_text="wall").wait_for()
    assert notebook.evaluate("print(shown._below.plot.record.machine)") == "wall\n"
    notebook.evaluate("shown._below.act('stop')")


@contextmanager
def web_front():
    """Serve the home's web front; yields its token."""
    with beside("web", "--port", "0", "--no-worker", stderr=subprocess.PIPE, text=True) as process:
        said = ""
        while "token=" not in said:
            said += process.stderr.readline()
        yield re.search(r"token=(\S+)", said)[1]
        process.stderr.close()


PANEL = """from drawscape.notebook import plot
from drawscape.svg_builder import SVGBuilder
sheet = SVGBuilder(80, 60)
with sheet.layer("teal", color="teal"):
    for row in range(40):
        sheet.line(10, 5 + row, 70, 5 + row)
panel = plot(sheet, on="bench", zero_here=True)
panel"""


def test_the_pen_moves_inside_a_question_and_a_panel_without_kernel_says_how_to_stop(
    lab, page, consumer, module_home
):
    bench = Bench(module_home, "ebb", EbbEmulator, None, {"scale": 2.0}, "bench")
    notebook = lab.run_cells(page, PANEL)
    panel = Panel(page)
    panel.await_state("waiting for paper")
    panel.move_pen(bench.emulator.carriage)
    panel.answer("paper")
    panel.await_state("plotting")
    page.get_by_text("left").wait_for()
    (plot,) = [one for one in list_plots() if one.record.machine == "bench"]
    second = notebook.evaluate(
        f"on_page = panel\n{PANEL}\npanel.act('again')\nprint(panel.state['waits_for'])"
    )
    assert second == f"The machine has another plot first: drawing, {plot.state.label}.\n"
    with web_front() as token:
        wait_until(
            lambda: "http" in notebook.evaluate("print(on_page.state['page'])"), "its address"
        )
        notebook.shut_down()  # and no button is pressed
        page.get_by_text(f"drawscape plots stop {plot.id}").wait_for()
        assert (
            panel.root.locator(".ds-button:not([inert] *)").count() == 0
        )  # none that does nothing
        with page.expect_popup() as opened:
            panel.root.get_by_role("link", name="on its web page").click()
        front = opened.value
        front.locator(".is-stop:focus").wait_for()
        assert violations(front) == []
        front.keyboard.press("Enter")
        front.get_by_label("Token", exact=True).fill(token)
        front.keyboard.press("Enter")
        wait_until(lambda: not plot.alive, "the end of the plot")
    assert not bench.emulator.carriage.down
    bench.emulator.close()


HISTORY = """from drawscape.notebook import history
from drawscape.tasks.drawing import generate_complex_svg as drawn
for tiles in (4, 6, 8):
    drawn(60, 60, 'truchet', seed=tiles, tiles=tiles)
seen = history()
seen"""


def test_the_history_finds_settings_and_dates_and_keeps_notes_and_tags(lab, page):
    notebook = lab.run_cells(page, HISTORY)
    tiles = page.locator(".board-tile:has(img:not([hidden]))")
    search = page.get_by_label("search", exact=True)
    wait_until(lambda: tiles.count() >= 3, "the pictures")
    for words in ("tiles 6", "tiles=6", "seed 6"):
        search.fill(words)
        wait_until(lambda: tiles.count() == 1, words)
        search.fill("")
        wait_until(lambda: tiles.count() >= 3, "all")
    page.get_by_label("date", exact=True).select_option(label="last 7 days")
    since = "print([one.get('value') for one in seen.controls if one['id'] == 'find since'])"
    wait_until(lambda: notebook.evaluate(since) == "['7d']\n", "those of today")
    assert notebook.evaluate("print(len(seen.drawings) >= 3)") == "True\n"
    tiles.first.click()
    page.get_by_role("button", name="Note", exact=True).first.click()
    page.get_by_label("note", exact=True).fill("for the hall")
    page.keyboard.press("Enter")
    page.locator(".board-remark", has_text="for the hall").wait_for()
    page.get_by_role("button", name="Tag", exact=True).first.click()
    page.get_by_label("tag", exact=True).and_(page.locator(".ds-menu input")).fill("May")
    page.keyboard.press("Enter")
    page.locator(".board-note", has_text="tagged 'May'").wait_for()
    assert page.locator(".ds-menu > div:visible").count() == 0
    found = "print([(one.note, one.tags) for one in seen.chosen])"
    assert notebook.evaluate(found) == "[('for the hall', ('May',))]\n"


SHEET = """from drawscape.notebook import contact_sheet
contact_sheet('truchet', 8, paper='A7')"""


def test_a_tile_draws_itself_and_the_page_does_not_grow_when_the_cell_runs_again(lab, page):
    notebook = lab.run_cells(page, SHEET)
    tiles = page.locator(".board-tile[data-state='finished']:has(img[src]:not([hidden]))")
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")

    tiles.nth(7).wait_for()
    tiles.first.hover()
    page.locator(".board-tile:first-child canvas").wait_for()  # it draws itself
    page.locator(".drawscape-board header").hover()
    page.locator(".board-tile canvas").wait_for(state="detached")
    tiles.nth(1).focus()
    page.keyboard.press(" ")
    large = page.locator("dialog[open]")
    for name, caption in (("Next", "seed 2"), ("Previous", "seed 1"), ("Previous", "seed 0")):
        large.get_by_role("button", name=name).click()
        large.locator(".board-caption", has_text=f"{caption} · ").wait_for()
    large.get_by_role("button", name="Close").click()
    large.wait_for(state="detached")

    def run_cells(runs):
        for _ in range(runs):
            page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
            notebook.wait_idle()
            wait_until(lambda: tiles.count() == 8, "the sheet")

    def count_nodes():
        for _ in range(3):
            devtools.send("HeapProfiler.collectGarbage")
        metrics = devtools.send("Performance.getMetrics")["metrics"]
        return next(one["value"] for one in metrics if one["name"] == "Nodes")

    run_cells(2)
    before = count_nodes()
    run_cells(3)  # 2 nodes for each run, as over 50 of them; some 370 in 0.4
    wait_until(lambda: count_nodes() - before < 300, "the last sheet but one to be let go")
