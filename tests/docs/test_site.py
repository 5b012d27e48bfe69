"""The site is built without a warning, and nothing public is missing from it."""

import contextlib
import html
import inspect
import pkgutil
import re
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote

import click
import pytest
from docs.test_types import documented_imports
from sphinx.util.inventory import InventoryFile
from support import commands, public_names, python
from web_pages import violations

from drawscape import notebook, sketches
from drawscape.cli.root import root
from drawscape.settings import TASK_ALIASES
from drawscape.svg_builder import SVGBuilder

pytestmark = [pytest.mark.slow, pytest.mark.nightly, pytest.mark.timeout(3600)]

ROOT = Path(__file__).parents[2]
SIGNATURE = re.compile(r"^(?:class )?drawscape\.[\w.]+\(.*", re.MULTILINE)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    doctrees = tmp_path_factory.mktemp("doctrees")
    command = ["-q", "-W", "--keep-going", "-j", "auto", "-b", "html", "-d", str(doctrees)]
    command += ["-c", "notebooks/pages", "notebooks"]
    python("-m", "sphinx", *command, str(folder), cwd=ROOT, timeout=3600)
    return folder


MODULES = (
    *("job_manager", "geometry", "plot", "sketches", "catalogue", "settings", "errors", "web"),
    *("svg.read", "drawing.affine", "drawing.document", "drawing.pen", "drawing.motion"),
)
"""What is public beside the canvas, the notebook and the tasks."""


@pytest.fixture(scope="module")
def described(site):
    with (site / "objects.inv").open("rb") as file:
        found = InventoryFile.load(file, "", lambda base, path: path)
    return {name for kind, names in found.items() if kind.startswith("py:") for name in names}


def undescribed(paths, described):
    """Return those of `paths` that are described neither so nor under another path to the same thing."""
    missing = paths - described
    things = set()
    for path in described if missing else ():
        with contextlib.suppress(AttributeError):  # a field of a dataclass
            things.add(id(pkgutil.resolve_name(path)))
    return {path for path in missing if id(pkgutil.resolve_name(path)) not in things}


def test_every_public_name_is_in_the_reference(described):
    public = {
        *(f"drawscape.{path}.{name}" for path in MODULES for name in public_names(path)),
        *(f"drawscape.notebook.{name}" for name in notebook.__all__),
        *(
            f"drawscape.svg_builder.SVGBuilder.{name}"
            for name, value in inspect.getmembers(SVGBuilder)
            if name[0] != "_" and callable(value)
        ),
        *TASK_ALIASES.values(),
    }
    assert undescribed(public, described) == set()


def test_what_the_code_on_the_site_imports_is_in_the_reference(described):
    lines = [line.split() for line in documented_imports()]
    named = {f"{module}.{name}" for _, module, _, name in lines if name != "huey"}
    assert undescribed(named, described) == set()


def test_signatures_are_shown_as_python(site):
    """Where Sphinx cannot parse one it shows each type's module behind a `~`."""
    pages = (site / "pages" / "reference").glob("*.html")
    shown = [one for page in pages for one in re.findall(SIGNATURE, text_of(page))]
    assert len(shown) > 150
    assert [one for one in shown if "~" in one or "&lt;" in one] == []


def text_of(page):
    return re.sub(r"<[^>]+>", "", page.read_text())


def test_every_command_and_option_is_on_its_page(site):
    page = text_of(site / "pages" / "reference" / "commands.html")
    for name, command in commands(root, "drawscape "):
        assert name in page, name
        for option in command.params:
            if isinstance(option, click.Option) and not option.hidden:
                assert option.opts[-1] in page, f"{name} {option.opts}"


def test_every_sketch_is_in_the_gallery_with_pictures_parameters_and_source(site):
    overview = (site / "pages" / "gallery.html").read_text()
    for family, names in sketches.SKETCHES.families().items():
        file = site / "pages" / "_gallery" / f"{family}.html"
        page = file.read_text() if file.exists() else ""
        for name in names:
            if not sketches.SKETCHES[name].function.__module__.startswith("drawscape."):
                continue  # another test's
            assert f'href="_gallery/{family}.html#{name.replace("_", "-")}"' in overview, name
            assert f'id="{name.replace("_", "-")}"' in page, name
            assert f"The source of {name}" in page
            ends = (".webp", "-1.webp", "-2.webp", "-3.webp")
            pictures = {(site / "_images" / f"{name}{end}").read_bytes() for end in ends}
            assert len(pictures) == 4, f"{name}: two are alike"
            for parameter in sketches.SKETCHES[name].parameters:
                shown = f'<span class="pre">{parameter.name}</span>'
                assert shown in page, (name, parameter.name)


def test_a_method_that_draws_has_the_picture_of_its_example(site):
    page = (site / "pages" / "reference" / "canvas.html").read_text()
    shown = set(re.findall(r"_images/(\w+)\.webp", page))
    assert shown >= {"rect", "circle", "grid", "hatch", "curve", "lettering", "set_pen"}


def test_the_gallery_shows_seeds_gives_code_and_filters(site, chromium):
    context = chromium.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto((site / "pages" / "gallery.html").as_uri())
    card = page.locator(".card-of-sketch").first
    first = card.locator("img").get_attribute("src")
    card.hover()
    page.wait_for_function(
        "first => document.querySelector('.card-of-sketch img').src !== first",
        arg=card.locator("img").evaluate("image => image.src"),
    )
    card.get_by_role("button", name="Copy code").click()
    name = first.rpartition("/")[2].removesuffix("-1.webp")
    copied = page.evaluate("() => navigator.clipboard.readText()")
    page.get_by_label("pens").select_option("one pen")
    cards = page.locator(".card-of-sketch:visible")
    pens = cards.evaluate_all("all => all.map(one => one.dataset.pens)")
    context.close()
    assert copied == f"form('{name}', paper='A5', seed=1)"
    assert pens
    assert set(pens) == {"1"}


def test_each_recipe_of_the_cookbook_has_its_picture_and_can_be_copied(site, chromium):
    page = chromium.new_page()
    page.goto((site / "pages" / "guides" / "cookbook.html").as_uri())
    pictures = page.locator("img[src*='recipe-']").count()
    buttons = page.locator("button.copy").count()
    page.close()
    assert pictures == 24
    assert buttons == 25  # and one for the import


def test_the_first_page_is_light(site):
    text = (site / "index.html").read_text()
    pictures = re.findall(r'<img[^>]* src="([^"]+)"', text)
    size = len(text) + sum((site / name).stat().st_size for name in pictures)
    assert len(pictures) == 9
    assert size < 500_000


PAGES = (
    *("index", "01_first_drawing"),
    *("pages/gallery", "pages/_gallery/curves", "pages/guides/cookbook"),
    *(f"pages/reference/{name}" for name in ("settings", "notebook", "commands")),
    *("pages/figures", "search"),
)
"""One page of each kind."""


LOOKS = {
    "dark, wide": {"color_scheme": "dark", "viewport": {"width": 1300, "height": 900}},
    "light, phone": {"color_scheme": "light", "viewport": {"width": 390, "height": 800}},
}
TOO_WIDE = """[document.documentElement, ...document.querySelectorAll('pre, dt.sig')]
    .filter(one => one.clientWidth && one.scrollWidth > one.clientWidth + (one.tagName !== 'HTML'))
    .map(one => one.textContent.slice(0, 100))"""


@pytest.mark.parametrize("look", LOOKS)
def test_pages_are_good_for_readers_keyboards_and_phones(site, chromium, look):
    context, wrong = chromium.new_context(offline=True, **LOOKS[look]), {}
    for name in PAGES:
        page, errors = context.new_page(), []
        page.on("pageerror", lambda error, errors=errors: errors.append(str(error)))
        page.goto((site / f"{name}.html").as_uri())
        found = [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in violations(page)]
        wrong[name] = [*found, *(f"too wide: {one}" for one in page.evaluate(TOO_WIDE)), *errors]
        page.close()
    context.close()
    assert {name: found for name, found in wrong.items() if found} == {}


@pytest.mark.parametrize("offline", [True, False], ids=["from files", "below a path"])
def test_the_search_finds_without_a_network_and_below_a_path(site, chromium, offline):
    handler = partial(SimpleHTTPRequestHandler, directory=site.parent)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        served = f"http://127.0.0.1:{server.server_port}/{site.name}"
        address = site.as_uri() if offline else served
        context = chromium.new_context(offline=offline)
        page, wrong = context.new_page(), []
        page.on("response", lambda got: got.status >= 400 and wrong.append(got.url))
        page.goto(f"{address}/{'index.html' if offline else ''}")
        page.goto(f"{address}/search.html?q=enqueue_many")
        links = page.locator("#search-results li a")
        links.first.wait_for()
        found = links.evaluate_all("links => links.map(a => a.href)")
        links.first.click()
        page.wait_for_selector("article h1")
        context.close()
        server.shutdown()
    assert any("jobs.html" in link for link in found), found
    assert [url for url in wrong if "favicon" not in url] == []


def test_the_site_is_small_and_its_tutorials_show_their_widgets(site):
    size = sum(file.stat().st_size for file in site.rglob("*") if file.is_file())
    assert size < 20e6, f"{size / 1e6:.1f} MB"
    screens = {file.name for file in (site / "_static" / "screens").glob("*.webp")}
    tutorials = "".join(page.read_text() for page in site.glob("0*.html"))
    assert screens == set(re.findall(r'src="_static/screens/([^"]+)"', tutorials))
    assert "run this cell to see it live" not in tutorials


class _Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in ("href", "src") and value and tag in ("a", "img", "script", "link"):
                self.found.append(f"{tag} {value}")


def test_no_link_is_dead_and_nothing_is_loaded_from_elsewhere(site):
    ids = {page: re.findall(r'\bid="([^"]+)"', page.read_text()) for page in site.rglob("*.html")}
    anchors = {page.resolve(): {*map(html.unescape, found)} for page, found in ids.items()}
    for page in anchors:
        links = _Links()
        links.feed(page.read_text())
        for link in links.found:
            tag, _, target = link.partition(" ")
            if re.match(r"[a-z]+:", target):
                assert tag == "a" or target.startswith("data:"), f"{page.name} loads {target[:80]}"
                continue
            file, _, anchor = target.partition("#")
            goal = page.parent / file.partition("?")[0] if file else page
            assert goal.exists(), f"{page.name}: {target}"
            if anchor and goal.suffix == ".html":
                assert unquote(anchor) in anchors[goal.resolve()], f"{page.name}: {target}"
