"""A page of drawings that was published: opened from the disk, without a server, in Chromium."""

import re
import subprocess
import sys
from urllib.parse import unquote

import numpy as np
import pytest
from support import rounds, run, sampled
from web_pages import await_settled, color_at, serious, violations

from drawscape.catalogue import drawings, find
from drawscape.errors import DrawingNotFoundError, DrawscapeError, ForbiddenPathError
from drawscape.plot.svg_export import to_svg
from drawscape.recipe import read_provenance
from drawscape.svg.read import read_svg
from drawscape.tasks.drawing import draw_function_svg, generate_complex_svg
from drawscape.viewer.publish import publish

pytestmark = [pytest.mark.browser, pytest.mark.slow]

COUNT = rounds(8, 40)
LOOKS = {
    "dark, wide": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}},
    "light, phone": {"color_scheme": "light", "viewport": {"width": 390, "height": 800}},
}
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def published(module_home, tmp_path_factory):
    """A page of drawings in a new folder: forty at night."""
    for seed in range(COUNT // 2):
        generate_complex_svg(105, 148, "truchet", f"true #{seed}?.svg", seed=seed, tiles=6)
        generate_complex_svg(148, 105, "rose", f"{seed}/rose.svg", petals=seed + 8)
    return publish(drawings(order="name"), tmp_path_factory.mktemp("page") / "new", title="A <b>")


@pytest.mark.parametrize("look", sampled(LOOKS, 2))
def test_drawings_are_shown_from_the_disk_and_nothing_else_is_asked_for(
    published, chromium, pictures, look
):
    asked = []
    errors = []
    context = chromium.new_context(offline=True, **LOOKS[look])
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(published.as_uri())
    tiles = page.locator(".grid a")
    assert tiles.count() == COUNT
    assert page.evaluate("Array.from(document.images, one => one.decode()).length") == COUNT
    assert violations(page) == []
    assert page.evaluate(WIDER) == 0
    page.screenshot(path=pictures / f"published-{look}.png")

    tiles.nth(COUNT * 3 // 4).click()
    await_settled(page)
    assert serious(page) == []
    assert page.evaluate(WIDER) == 0
    page.screenshot(path=pictures / f"published-{look}-open.png")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Download SVG").wait_for()  # the next one is there
    page.get_by_role("checkbox").first.uncheck()
    assert color_at(page, 52, 74) == color_at(page, 2, 2)  # paper
    address = page.url
    page.get_by_role("button", name="Close").click()
    page.locator(f".grid li:nth-child({COUNT * 3 // 4 + 2}) a:focus").wait_for()

    page.goto("about:blank")
    page.goto(address)
    page.get_by_role("dialog").wait_for()
    with page.expect_download() as download:  # of its lines, no file is read
        page.get_by_role("button", name="Download SVG").click()
    assert re.fullmatch(r"true #\d+_\.svg", download.value.suggested_filename)
    context.close()
    assert errors == []
    beside = published.parent.as_uri()
    assert [url for url in asked if not url.startswith((beside, "data:", "about:"))] == []


def dots_and_lines(svg, rng):
    """Two layers, one with a name that XML escapes, lines, curves and dots, some off the page."""
    with svg.layer('"ink" <&> Tusche', color="#1a4f8b", width=0.35):
        svg.polyline(rng.normal(30, 40, (500, 2))).circle(30, 30, 12.345)
        svg.polyline([(7.5, 7.5)]).polyline([(7.5, 7.5), (7.5, 7.5)])
    with svg.layer("gold", color="#b8860b"):
        svg.path("M 1 2 C 20 1, 40 70, 59.994 9.006").line(-0.004, 60.005, 1e-3, 0)


def test_a_page_makes_the_svg_file_of_its_lines(module_home, tmp_path, page):
    one = find(draw_function_svg(dots_and_lines, 60, 60, output_filename="dots.svg"))
    page.goto(f"{publish([one], tmp_path / 'page').as_uri()}#dots")
    saved = downloaded(page, tmp_path)
    assert saved.read_bytes() == to_svg(one.document)
    for layer, there in zip(one.document.layers, read_svg(saved).layers, strict=True):
        assert layer.name == there.name
        lines = layer.lines.drawable()
        assert lines.offsets.tolist() == there.lines.offsets.tolist()
        assert np.abs(lines.points - there.lines.points).max() < 0.0051


def downloaded(page, folder):
    with page.expect_download() as download:
        page.get_by_role("button", name="Download SVG").click()
    download.value.save_as(file := folder / download.value.suggested_filename)
    return file


def test_a_page_says_how_to_draw_again_and_what_it_says_is_true(
    published, page, module_home, tmp_path
):
    page.goto(f"{published.as_uri()}#rose-2")
    again = page.locator("#again")
    again.wait_for()
    command, _, code = again.text_content().partition("\n\n# or in Python\n")
    file = downloaded(page, tmp_path)
    names = {}
    exec(code.replace("draw('rose'", "made = draw('rose'"), names)
    made = read_provenance(names["made"].to_string())
    assert made.recipe == read_provenance(file.read_text()).derived_from
    assert command == "drawscape redraw rose-2.svg"
    done = run("redraw", str(file), "-o", str(tmp_path / "again.svg"))
    assert (done.code, "the file is an export" in done.err) == (0, True)
    assert read_provenance((tmp_path / "again.svg").read_text()).recipe == made.recipe


def test_a_published_page_is_replaced_and_another_page_is_not(module_home, published, tmp_path):
    roses = drawings("rose")[:2]
    publish(roses, tmp_path / "page")
    (tmp_path / "page" / "CNAME").write_text("example.org")
    publish(roses[:1], tmp_path / "page")
    assert sorted(p.suffix for p in (tmp_path / "page" / "drawings").iterdir()) == [".js", ".png"]
    assert {p.name for p in (tmp_path / "page").iterdir()} == {"CNAME", "index.html", "drawings"}
    (tmp_path / "page" / "index.html").write_text("<h1>mine</h1>")
    with pytest.raises(ForbiddenPathError, match="another page"):
        publish(roses, tmp_path / "page")
    with pytest.raises(DrawscapeError, match="at least one"):
        publish([], tmp_path / "none")
    generate_complex_svg(40, 40, "rose", "gone.svg")
    (gone,) = (one for one in drawings("rose") if one.path.name == "gone.svg")
    gone.path.unlink()
    with pytest.raises(DrawingNotFoundError):
        publish([gone], tmp_path / "gone")
    assert not list((tmp_path / "gone").iterdir())


ENDED = """
import itertools, os, sys
from pathlib import Path
from drawscape.catalogue import drawings, find
from drawscape.viewer.publish import publish

page, roses = Path(sys.argv[1]), drawings("rose")[1:3]

def publish_until(last_change):
    left = itertools.count(last_change, -1)
    def end(event, arguments):
        if event in ("os.rename", "os.remove", "os.rmdir", "os.mkdir"):
            if str(arguments[0]).startswith(str(page)) and next(left) == 0:
                os._exit(7)
    sys.addaudithook(end)
    publish(roses, page)
    os._exit(0)

for number in itertools.count():
    pid = os.fork() or publish_until(number)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    print(code, flush=True)
    if input() == "end":
        break
"""


@pytest.mark.parametrize("was_there", [True, False])
def test_a_page_can_be_opened_whenever_its_publication_ends(
    module_home, published, tmp_path, was_there
):
    page, codes = tmp_path / "page", []
    if was_there:
        publish(drawings("rose")[:2], page)
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", ENDED, str(page)], stdin=pipe, stdout=pipe, text=True
    ) as program:
        while codes[-1:] != [0]:
            codes.append(int(program.stdout.readline()))
            index = page / "index.html"
            text = index.read_text() if index.exists() else ""
            links = re.findall('(?:href|src)="(drawings/[^"]+)"', text)
            assert [link for link in links if not (page / unquote(link)).exists()] == []
            assert links or not was_there
            print("go on" if codes[-1] == 7 else "end", file=program.stdin, flush=True)
    assert (codes, len(links)) == ([7] * (len(codes) - 1) + [0], 2)
    assert len(codes) > 8
    assert len(list((page / "drawings").iterdir())) == 4


def test_the_command_publishes_what_is_named_or_chosen(module_home, published, tmp_path, page):
    rose = drawings("rose")[0].tag("keepsake").annotate("for Ada alone")
    for arguments in ([rose.recipe], ["--tag", "keepsake"]):
        done = run("drawings", "publish", str(tmp_path / "page"), *arguments)
        text = (tmp_path / "page" / "index.html").read_text()
        assert "keepsake" not in text  # marks and notes stay here
        assert "Ada" not in text
        assert done.out.strip() == str(tmp_path / "page" / "index.html"), done.err
        assert len(list((tmp_path / "page" / "drawings").glob("*.js"))) == 1
    assert run("drawings", "publish", str(tmp_path / "page"), rose.recipe, "--no-svg").code == 0
    page.goto(f"{(tmp_path / 'page' / 'index.html').as_uri()}#{rose.path.stem}")
    await_settled(page)
    assert not page.get_by_role("button", name="Download SVG").is_visible()
    assert "draw('rose'" in page.locator("#again").text_content()
    both = run("drawings", "publish", str(tmp_path / "page"), rose.recipe, "--tag", "keepsake")
    assert both.code == 2
