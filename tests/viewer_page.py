"""What a viewer on a page shows: the same in a notebook and on the web."""

from typing import Any

SETTLED = """count => {
    const found = [...document.querySelectorAll('.drawscape-viewer')].map(el => el.drawscapeViewer);
    return found.length && (count == null || found.length === count)
        && found.every(v => v?.shown && v.shown === v.painting && !v.request);
}"""

COLOR = """([x, y]) => {
    const v = document.querySelector('.drawscape-viewer').drawscapeViewer;
    const at = [v.view.x + x * v.view.scale, v.view.y + y * v.view.scale].map(Math.round);
    return [...v.context.getImageData(...at, 1, 1).data.slice(0, 3)];
}"""

VIEW = "() => document.querySelector('.drawscape-viewer').drawscapeViewer.view"


def await_settled(page: Any, viewers: int | None = None) -> None:
    """Return when the viewers on the page, so many if that is said, are painted as they will stay."""
    page.wait_for_function(SETTLED, arg=viewers)


def color_at(page: Any, x_mm: float, y_mm: float) -> list[int]:
    """Return the colour that the first viewer's canvas has at a place of the drawing."""
    await_settled(page)
    return page.evaluate(COLOR, [x_mm, y_mm])


def view_of(page: Any) -> dict[str, float]:
    """Return the first viewer's scale and the place of the drawing's corner."""
    return page.evaluate(VIEW)
