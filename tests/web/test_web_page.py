"""The page in a real Chromium, before a real server and a real worker: from the form to the picture."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from support import sampled

from drawscape.web import WebSettings

pytestmark = pytest.mark.browser


def set_slider(page, name, value):
    page.locator(f"[id='params.{name}']").fill(str(value))


def says(page, words):
    """Return once the status line holds `words`."""
    page.wait_for_selector(f"#status:has-text({words!r})")


def test_from_the_form_to_the_picture(opened, serving, home, worker):
    with serving(WebSettings()) as server, opened(server.url) as page:
        page.select_option("#pattern", "spiral")
        page.select_option("#paper", "A5")
        page.get_by_role("button", name="Landscape").click()
        page.fill("#seed", "7")
        set_slider(page, "turns", 12)
        page.click("#draw")
        page.wait_for_selector("#drawing")
        says(page, "Finished.")
        (file,) = (home / "output").glob("*.svg")
        with page.expect_download() as downloaded:
            page.click("#download")
        assert Path(downloaded.value.path()).read_bytes() == file.read_bytes()
        assert page.get_attribute("#download", "download") == file.name
        assert page.get_attribute("#drawing", "alt") == "Drawing: spiral, 210 × 148 mm, seed 7"
        natural = page.evaluate(
            "[document.getElementById('drawing').naturalWidth, drawing.naturalHeight]"
        )
        assert natural[0] > natural[1] > 100
        assert page.is_hidden("#progress")
    root = ET.fromstring(file.read_bytes())
    assert (root.get("width"), root.get("height")) == ("210mm", "148mm")


@pytest.mark.nightly
def test_a_running_drawing_shows_its_progress_and_can_be_canceled(
    opened, serving, home, slow_sketch, worker
):
    settings = WebSettings(task=slow_sketch, job_modules=("slow_tasks",))
    with serving(settings) as server, opened(server.url) as page:
        page.click("#draw")
        says(page, "25 %")
        page.wait_for_selector("#sheet img[alt='The drawing so far']")
        assert page.get_attribute("#progress", "value") == "0.25"
        assert page.is_disabled("#draw")
        page.click("#cancel")
        says(page, "Stopped.")
        assert page.is_enabled("#draw")
        assert page.is_disabled("#cancel")


@pytest.fixture
def slow_sketch(task_module):
    """A task that reports a quarter with a preview and then takes its time."""
    task_module(
        "slow_tasks",
        """
import time
from drawscape.job_manager import current_job

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9mm" height="9mm"/>'


def draw(**order):
    current_job().progress(0.25, preview=SVG)
    time.sleep(300)
""",
    )
    return "slow_tasks.draw"


HOSTILE = """
from drawscape import settings


def draw(output_filename, **order):
    path = settings.output_path(output_filename)
    path.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="9mm" height="9mm" viewBox="0 0 9 9"'
        ' onload="fetch(&quot;/owned-by-onload&quot;)"><title>t</title>'
        '<script>fetch("/owned-by-script")</script>'
        '<image href="/owned-by-image" width="9" height="9" onerror="fetch(&quot;/owned&quot;)"/>'
        '<style>@import url("/owned-by-import");</style>'
        '<foreignObject width="9" height="9"><iframe xmlns="http://www.w3.org/1999/xhtml"'
        ' src="/owned-by-frame"></iframe></foreignObject></svg>'
    )
    return str(path)


def fail(**order):
    raise ValueError("<img src='/owned-by-error' onerror='fetch(`/owned`)'>")
"""


@pytest.fixture
def hostile(task_module):
    """A module with tasks that do their worst."""
    task_module("hostile_tasks", HOSTILE)
    return "hostile_tasks"


@pytest.mark.nightly
def test_a_hostile_drawing_runs_and_loads_nothing(opened, serving, hostile, worker):
    settings = WebSettings(task=f"{hostile}.draw", job_modules=(hostile,))
    with serving(settings) as server, opened(server.url) as page:
        answered = []  # what a policy blocks is a request too, but one without an answer
        page.context.on("response", lambda response: answered.append(response.url))
        page.click("#draw")
        page.wait_for_selector("#drawing")
        says(page, "Finished.")
        (drawing,) = [url for url in answered if url.endswith("/svg")]
        alone = page.context.new_page()  # opened by itself, not only as a picture
        with alone.expect_console_message(lambda said: "Blocked script" in said.text):
            alone.goto(drawing)
        alone.wait_for_load_state("networkidle")
    assert not [url for url in answered if "owned" in url]


@pytest.mark.nightly
def test_a_refused_order_is_reported_at_its_field(opened, serving):
    with serving(WebSettings()) as server, opened(server.url) as page:
        page.select_option("#paper", "Custom")
        page.fill("#width", "99999")
        with page.expect_response(re.compile("/artboard/create")):
            page.click("#draw")
        page.wait_for_selector("#errors li")
        assert "width: must be at least 10 and at most 2000" in page.inner_text("#errors")
        assert page.get_attribute("#width", "aria-invalid") == "true"
        page.click("#errors a")
        assert page.evaluate("document.activeElement.id") == "width"


def test_the_form_follows_the_pattern(opened, serving):
    with serving(WebSettings()) as server, opened(server.url) as page:
        patterns = page.eval_on_selector_all("#pattern option", "all => all.map(o => o.value)")
        listed = page.evaluate("fetch('sketches').then(answer => answer.json())")["sketches"]
        schemas = {sketch["name"]: sketch["parameters"] for sketch in listed}
        assert set(patterns) == set(schemas)
        for pattern in sampled(patterns, 4):
            page.select_option("#pattern", pattern)
            names = page.eval_on_selector_all(
                "[id^='params.']:is(input, select, textarea)", "all => all.map(field => field.id)"
            )
            properties = schemas[pattern]["properties"]
            assert names == [f"params.{name}" for name in properties]
            shown = page.eval_on_selector_all(
                "[id^='params.']:is(input, select, textarea)",
                "all => all.map(field => field.type === 'checkbox' ? field.checked : field.value)",
            )
            for name, value in zip(properties, shown, strict=True):
                default = properties[name]["default"]
                read = None if default is None and value == "" else type(default)(value)
                assert read == default, (pattern, name)
            assert page.inner_text("#pattern-summary")


@pytest.mark.nightly
def test_the_page_asks_for_the_token_and_then_draws(opened, serving, chromium):
    with serving(WebSettings(token="s3cret")) as server:
        context = chromium.new_context()
        page = context.new_page()
        page.goto(server.url)
        for token in ("wrong", "s3cret"):
            page.wait_for_selector("#token-dialog[open]")
            page.fill("#token", token)
            page.click("#token-form button")
        page.wait_for_selector("#pattern option", state="attached")
        page.click("#draw")
        says(page, "Waiting")
        context.close()


def test_a_reload_keeps_what_was_made_and_what_is_being_drawn(opened, serving, home, worker):
    with serving(WebSettings()) as server, opened(server.url) as page:
        for seed in ("1", "2"):
            page.fill("#seed", seed)
            page.click("#draw")
            page.wait_for_function(
                "seed => document.querySelector('#caption-text').textContent.endsWith(`seed ${seed}`)",
                arg=seed,
            )
            page.wait_for_selector("#draw:not([disabled])")
        page.select_option("#pattern", "rose")
        page.fill("[id='params.petals']", "30")
        page.get_by_role("button", name="Landscape").click()
        assert "?pattern=rose&width=297&height=210&seed=2&petals=30" in page.url
        page.reload()
        page.wait_for_selector("#earlier-list li:nth-child(2)")
        assert page.input_value("[id='params.petals']") == "30"
        assert page.input_value("#seed") == "2"
        assert page.text_content("#caption-text").endswith("seed 2")
        first = min((home / "output").glob("*.svg"), key=lambda path: path.stat().st_mtime)
        first.unlink()
        page.reload()
        page.wait_for_selector("#earlier-list li", state="attached")
        page.wait_for_selector("#drawing")
        assert page.evaluate("document.querySelectorAll('#earlier-list li').length") == 1
        worker.stop()
        page.click("#draw")
        says(page, "Waiting")
        page.reload()
        says(page, "Waiting")
        page.click("#cancel")
        says(page, "Canceled before it began.")


@pytest.mark.nightly
@pytest.mark.parametrize("width", [320, 360])
def test_on_a_phone_nothing_runs_over_the_edge(opened, serving, width):
    phone = {"viewport": {"width": width, "height": 740}, "has_touch": True, "is_mobile": True}
    with serving(WebSettings()) as server, opened(server.url, **phone) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        small = page.eval_on_selector_all(
            "button, select, input:not([type=range], [type=checkbox])",
            "all => all.filter(f => f.offsetParent && f.offsetHeight < 44).map(f => f.id)",
        )
        assert small == []


@pytest.mark.nightly
def test_every_field_has_a_name_and_the_keyboard_reaches_the_picture(opened, serving):
    with serving(WebSettings()) as server, opened(server.url) as page:
        unnamed = page.eval_on_selector_all(
            "input, select, progress",
            "all => all.filter(f => !f.labels?.length && !f.ariaLabel).map(f => f.id)",
        )
        assert unnamed == []
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.evaluate("location.hash") == "#picture"
        page.focus("#seed")
        page.keyboard.press("Enter")  # draws, as in any form
        page.wait_for_selector("#picture[aria-busy=true]")
