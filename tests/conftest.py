"""Fixtures that several packages share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from find_chromium import FLAGS, find


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


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that writes golden files anew."""
    parser.addoption("--regenerate-golden", action="store_true", help="write tests/golden anew")
