"""The page in a real Chromium, before a real server and a real worker: from the form to the picture."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from support import sampled
from web_pages import COLOR, await_settled, color_at, serious, view_of, violations

from drawscape.job_manager import enqueue_background_job, queue_is_paused
from drawscape.jobs import start_worker
from drawscape.web import WebSettings
from drawscape.web.access import home_token

PATIENT = WebSettings(visitor_timeout="60s")  # the machine may be busy

pytestmark = pytest.mark.browser

TASK = "workers.svg_tasks.generate_complex_svg"


def bearer():
    return {"Authorization": f"Bearer {home_token()}"}


def link(server):
    """Return the link that `drawscape web` prints."""
    return f"{server.url}?token={home_token()}"


def says(page, words):
    page.wait_for_selector(f"#status:has-text({words!r})")


def test_from_the_form_to_the_picture(opened, serving, home, worker):
    with serving(PATIENT) as server, opened(server.url) as page:
        page.select_option("#pattern", "spiral")
        page.select_option("#paper", "A5")
        page.get_by_role("button", name="Landscape").click()
        page.fill("#seed", "7")
        page.fill("[id='params.turns']", "12")
        page.click("#draw")
        page.wait_for_selector("#drawing")
        says(page, "Finished.")
        (file,) = (home / "output").glob("*.svg")
        with page.expect_download() as downloaded:
            page.click("#download")
        assert Path(downloaded.value.path()).read_bytes() == file.read_bytes()
        assert page.get_attribute("#download", "download") == file.name
        assert page.get_attribute("#drawing", "alt") == "Drawing: spiral, 210 × 148 mm, seed 7"
        width, height = page.evaluate("[drawing.naturalWidth, drawing.naturalHeight]")
        assert width > height > 100
        assert page.is_hidden("#progress")
    root = ET.fromstring(file.read_bytes())
    assert (root.get("width"), root.get("height")) == ("210mm", "148mm")


@pytest.mark.nightly
def test_a_drawing_shows_its_progress_and_is_canceled(opened, serving, talking, worker):
    with serving(talking) as server, opened(link(server)) as page:
        page.click("#draw")
        says(page, "50 %")
        assert page.get_attribute("#progress", "value") == "0.5"
        assert page.is_disabled("#draw")
        page.click("#cancel")
        says(page, "Stopped.")
        assert page.is_enabled("#draw")
        assert page.is_disabled("#cancel")


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
"""


@pytest.mark.nightly
def test_a_hostile_drawing_runs_and_loads_nothing(opened, serving, task_module, start_workers):
    task_module("hostile_tasks", HOSTILE)
    start_workers()
    settings = WebSettings(task="hostile_tasks.draw", job_modules=("hostile_tasks",))
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


def test_a_refused_order_is_reported_at_its_field_and_a_blank_is_no_zero(opened, serving):
    with serving(PATIENT) as server, opened(server.url) as page:
        page.select_option("#paper", "Custom")
        page.fill("#width", "99999")
        with page.expect_response(re.compile("/artboard/create")):
            page.click("#draw")
        page.wait_for_selector("#errors:not([hidden])")
        assert "width: must be at least 10 and at most 2000" in page.inner_text("#errors")
        assert page.get_attribute("#width", "aria-invalid") == "true"
        assert page.evaluate("document.activeElement.id") == "width"
        page.fill("#seed", "  ")
        page.fill("#width", " ")
        with page.expect_request(re.compile("/artboard/create")) as ordered:
            page.click("#draw")
        assert {"width", "seed"}.isdisjoint(ordered.value.post_data_json)
        page.wait_for_selector("#errors:has-text('a value is required')")


SHOWN = "all => all.map(one => [one.id, one.type === 'checkbox' ? one.checked : one.value])"


def test_the_form_follows_the_pattern(opened, serving):
    with serving(PATIENT) as server, opened(server.url) as page:
        patterns = page.eval_on_selector_all("#pattern option", "all => all.map(o => o.value)")
        listed = page.evaluate("fetch('sketches').then(answer => answer.json())")["sketches"]
        schemas = {sketch["name"]: sketch["parameters"] for sketch in listed}
        assert set(patterns) == set(schemas)
        for pattern in sampled(patterns, 4):
            page.select_option("#pattern", pattern)
            shown = page.eval_on_selector_all("[id^='params.']:is(input, select, textarea)", SHOWN)
            properties = schemas[pattern]["properties"]
            lists = [name for name, one in properties.items() if isinstance(one["default"], list)]
            assert page.locator(".drawscape-items").count() == len(lists)
            properties = {name: one for name, one in properties.items() if name not in lists}
            assert [name for name, _ in shown] == [f"params.{name}" for name in properties]
            for name, (_, value) in zip(properties, shown, strict=True):
                default = properties[name]["default"]
                read = None if default is None and value == "" else type(default)(value)
                assert read == default, (pattern, name)
            assert page.inner_text("#pattern-summary")


@pytest.mark.nightly
def test_the_page_asks_for_the_token_and_then_draws(opened, serving):
    asks = "#token-dialog[open]"
    with serving(WebSettings(token="s3cret")) as server, opened(server.url, asks) as page:
        for token in ("wrong", "s3cret"):
            page.wait_for_selector(asks)
            page.fill("#token", token)
            page.click("#token-form button")
        page.wait_for_selector("#pattern option", state="attached")
        page.click("#draw")
        says(page, "Waiting")


def test_a_reload_keeps_the_settings_and_the_last_drawing(opened, serving, home, worker):
    with serving(PATIENT) as server, opened(link(server)) as page:
        page.select_option("#pattern", "rose")
        page.fill("[id='params.petals']", "30")
        page.get_by_role("button", name="Landscape").click()
        page.click("#draw")
        page.wait_for_selector("#drawing")
        assert "?pattern=rose&width=297&height=210&petals=30" in page.url
        page.reload()
        page.wait_for_selector("#drawing")
        assert page.input_value("[id='params.petals']") == "30"
        worker.stop()
        page.fill("#seed", "5")
        page.click("#draw")
        says(page, "Waiting")
        page.reload()
        says(page, "Waiting")
        page.click("#cancel")
        says(page, "Canceled before it began.")


@pytest.mark.nightly
def test_on_a_phone_nothing_runs_over_the_edge(opened, serving):
    phone = {"viewport": {"width": 320, "height": 740}, "has_touch": True, "is_mobile": True}
    with serving(PATIENT) as server, opened(server.url, **phone) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        small = page.eval_on_selector_all(
            "button, select, input:not([type=range], [type=checkbox])",
            "all => all.filter(f => f.offsetParent && f.offsetHeight < 44).map(f => f.id || f.outerHTML)",
        )
        assert small == []


@pytest.mark.nightly
def test_every_field_has_a_name_and_the_keyboard_reaches_the_picture(opened, serving):
    with serving(PATIENT) as server, opened(server.url) as page:
        assert violations(page) == []
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.evaluate("location.hash") == "#picture"
        page.focus("#seed")
        page.keyboard.press("Enter")  # draws, as in any form
        page.wait_for_selector("#picture[aria-busy=true]")


DESK = "() => getComputedStyle(document.querySelector('.drawscape-viewer-stage')).backgroundColor"


def test_a_drawing_is_inspected_by_keyboard_in_light_and_dark(opened, serving, front, worker):
    with serving(front()) as server, opened(server.url, color_scheme="light") as page:
        page.select_option("#paper", "Square 200")
        page.click("#draw")
        page.wait_for_selector("#inspect:visible")
        assert violations(page) == []
        page.get_by_role("button", name="Inspect").press("Enter")
        await_settled(page)
        assert page.evaluate("document.activeElement.tagName") == "CANVAS"
        box = page.locator("#viewer").bounding_box()
        assert (box["width"], box["height"]) == (1280, 900)
        assert color_at(page, 50, 20) == [0, 0, 0]
        assert color_at(page, 50, 60) == [255, 0, 0]
        assert color_at(page, 50, 50) == [254, 252, 247]
        assert violations(page) == []
        light = page.evaluate(DESK)
        page.emulate_media(color_scheme="dark")
        assert page.evaluate(DESK) != light
        assert violations(page) == []
        before = view_of(page)["scale"]
        page.keyboard.press("+")
        assert view_of(page)["scale"] == pytest.approx(1.25 * before)
        page.get_by_label("red").uncheck()
        page.wait_for_function(f"at => ({COLOR})(at)[1] === 252", arg=[50, 60])
        page.keyboard.press("Escape")
        assert page.is_hidden("#viewer")
        assert page.evaluate("document.activeElement.id") == "inspect"
        assert violations(page) == []


def waiting(**options):
    return enqueue_background_job(TASK, 50, 50, job_delay="1h", **options)


@pytest.mark.parametrize("theme", sampled(["dark", "light"], 2))
def test_the_page_follows_the_queue_and_is_worked_by_keys(opened, serving, home, theme):
    job_id = waiting(job_description="<img src=x onerror=alert(1)> for the hall").id
    with start_worker(1):
        drawn = enqueue_background_job(TASK, 50, 50, "spiral", job_description="the hall")
        drawn.wait(60)
    options = {"color_scheme": theme, "extra_http_headers": bearer()}
    with serving(PATIENT) as server, opened(f"{server.url}jobs", "tr td", **options) as page:
        with page.expect_download() as download:
            page.get_by_role("button", name="Save the hall").click()
        assert download.value.suggested_filename == "the hall.svg"
        assert Path(download.value.path()).read_bytes() == Path(home, drawn.result).read_bytes()
        row = page.locator(f"tr:has(td[title='{job_id}'])")
        row.get_by_role("button", name="cancel").focus()
        page.keyboard.press("Enter")
        row.get_by_text("canceled").wait_for()
        page.wait_for_function("() => document.activeElement.textContent === 'retry'")
        other = waiting().id
        page.locator(f"td[title='{other}']").wait_for()
        page.get_by_role("button", name="Pause", exact=True).click()
        page.get_by_role("button", name="Resume", exact=True).wait_for()
        assert queue_is_paused()
        assert page.locator("#jobs img").count() == 1
        assert serious(page) == []


def test_without_the_token_the_table_of_jobs_has_no_column_of_actions(opened, serving, home):
    waiting()
    shown = "tbody tr td:nth-child(4)"
    with serving(PATIENT) as server, opened(f"{server.url}jobs", shown) as page:
        headings = page.locator("th:visible").all_inner_texts()
        assert headings == ["Drawing", "Job", "State", "Took"]
        assert page.locator("tbody tr td:visible").count() == 4
        assert page.is_hidden("#pause")


ANY_SIZE = """
def huge(svg, rng, *, count: int = 7, other: int | None = None):
    svg.line(0, 0, 9, 9)
"""


def test_a_whole_number_keeps_each_of_its_digits(opened, serving, home):
    (home / "sketches").mkdir()
    (home / "sketches" / "huge.py").write_text(ANY_SIZE)
    with serving(PATIENT) as server, opened(f"{server.url}?pattern=huge") as page:
        page.fill("[id='params.count']", "9007199254740993")
        with page.expect_request(re.compile("/artboard/create")) as ordered:
            page.click("#draw")
        assert '"count":9007199254740993' in ordered.value.post_data
        assert ordered.value.response().status == 200
        page.click("#cancel")
        page.reload()
        assert page.input_value("[id='params.count']") == "9007199254740993"
