"""Opens a built site in Chromium: `python tests/site_browser.py FOLDER PAGE...` prints what is wrong as JSON.

A program of its own, since a test's process in which a browser has run can run no event loop any more.
"""

import json
import sys
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from axe_playwright_python.sync_playwright import Axe
from find_chromium import FLAGS, find
from playwright.sync_api import sync_playwright

LOOKS = {
    "dark, wide": {"color_scheme": "dark", "viewport": {"width": 1300, "height": 900}},
    "light, phone": {"color_scheme": "light", "viewport": {"width": 390, "height": 800}},
}
CUT_OFF = """[...document.querySelectorAll('pre, dt.sig')]
    .filter(one => one.clientWidth && one.scrollWidth > one.clientWidth + 1)
    .map(one => `cut off: ${one.textContent.slice(0, 100)}`)"""
SEARCHED = "enqueue_many"


def wrong_on(page):
    """Yield what axe-core finds on a page, and whether it is wider than the screen."""
    for found in Axe().run(page).response["violations"]:
        yield f"{found['id']}: {found['nodes'][0]['html'][:200]} ({len(found['nodes'])} times)"
    wide = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    if wide > 0:
        yield f"{wide} pixels wider than the screen"
    yield from page.evaluate(CUT_OFF)


@contextmanager
def served(site):
    """Serve the site below a path of a web server; yield its address."""
    handler = partial(Quiet, directory=site.parent)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/{site.name}"
        server.shutdown()


class Quiet(SimpleHTTPRequestHandler):
    """Files of a folder, without a line for each."""

    def log_message(self, format, *args):
        """Print nothing."""


def search(browser, site, *, offline):
    """Yield what is wrong with the search of the site at that address, or with what it loads."""
    context = browser.new_context(offline=offline)
    page = context.new_page()
    wrong = []
    page.on(
        "response",
        lambda got: wrong.append(got.url) if got.status >= 400 and "favicon" not in got.url else 0,
    )
    page.goto(site if offline else f"{site}/")
    page.goto(f"{site.removesuffix('/index.html')}/search.html?q={SEARCHED}")
    page.wait_for_selector("#search-results li a")
    found = page.locator("#search-results li a").evaluate_all("links => links.map(a => a.href)")
    if not any("jobs.html" in link for link in found):
        yield f"{SEARCHED} is not found in the reference, but in {found}"
    page.locator("#search-results li a").first.click()
    page.wait_for_selector("article h1")
    context.close()
    yield from wrong


def main(site, pages):
    """Return what is wrong by page and look."""
    wrong = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=FLAGS)
        for look, options in LOOKS.items():
            context = browser.new_context(offline=True, **options)
            for name in pages:
                page = context.new_page()
                page.on(
                    "pageerror", lambda error, at=name: wrong.setdefault(at, []).append(str(error))
                )
                page.goto((site / name).as_uri())
                wrong[f"{name} ({look})"] = list(wrong_on(page))
                page.close()
            context.close()
        wrong["search, from files"] = list(
            search(browser, (site / "index.html").as_uri(), offline=True)
        )
        with served(site) as address:
            wrong["search, below a path"] = list(search(browser, address, offline=False))
        browser.close()
    return {place: found for place, found in wrong.items() if found}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), sys.argv[2:]), indent=1))
