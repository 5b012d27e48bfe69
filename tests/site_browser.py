"""Opens a built site in Chromium: `python tests/site_browser.py FOLDER PAGE...` prints what is wrong as JSON.

A program of its own, since a test's process in which a browser has run can run no event loop any more.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from find_chromium import FLAGS, find
from playwright.sync_api import sync_playwright

LOOKS = {
    "dark, wide": {"color_scheme": "dark", "viewport": {"width": 1300, "height": 900}},
    "light, phone": {"color_scheme": "light", "viewport": {"width": 390, "height": 800}},
}
SEARCHED = "enqueue_many"


def wrong_on(page: Any) -> Iterator[str]:
    """Yield what axe-core finds on a page, and whether it is wider than the screen."""
    for found in Axe().run(page).response["violations"]:
        yield f"{found['id']}: {found['nodes'][0]['html'][:200]} ({len(found['nodes'])} times)"
    wide = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    if wide > 0:
        yield f"{wide} pixels wider than the screen"


def search(browser: Any, site: Path) -> Iterator[str]:
    """Yield what is wrong with the search, used from files, without a network."""
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto(f"{(site / 'search.html').as_uri()}?q={SEARCHED}")
    page.wait_for_selector("#search-results li a")
    found = page.locator("#search-results li a").evaluate_all("links => links.map(a => a.href)")
    if not any("jobs.html" in link for link in found):
        yield f"{SEARCHED} is not found in the reference, but in {found}"
    page.locator("#search-results li a").first.click()
    page.wait_for_selector("article h1")
    context.close()


def main(site: Path, pages: list[str]) -> dict[str, list[str]]:
    """Return what is wrong by page and look."""
    wrong: dict[str, list[str]] = {}
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
        wrong["search"] = list(search(browser, site))
        browser.close()
    return {place: found for place, found in wrong.items() if found}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), sys.argv[2:]), indent=1))
