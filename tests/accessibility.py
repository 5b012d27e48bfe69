"""What axe-core finds wrong with a page."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe


def serious(page: Any, context: str | None = None) -> list[str]:
    """Return the critical and serious findings, and those of images, on the page or in that part of it."""
    found = Axe().run(page, context=context).response["violations"]
    return [
        f"{v['id']}: {v['nodes'][0]['html'][:120]}"
        for v in found
        if v["impact"] in ("critical", "serious") or "image" in v["id"]
    ]
