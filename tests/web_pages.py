"""What a page shows: what axe-core finds wrong with it, and its viewers as they are painted."""

SETTLED = """count => {
    const found = [...document.querySelectorAll('.drawscape-viewer')].map(el => el.drawscapeViewer);
    return found.length && (count == null || found.length === count)
        && found.every(v => v?.shown && v.shown === v.painting && !v.request && !v.drawing.rough);
}"""

COLOR = """([x, y]) => {
    const v = document.querySelector('.drawscape-viewer').drawscapeViewer;
    const at = [v.view.x + x * v.view.scale, v.view.y + y * v.view.scale].map(Math.round);
    return [...v.context.getImageData(...at, 1, 1).data.slice(0, 3)];
}"""

VIEW = "() => document.querySelector('.drawscape-viewer').drawscapeViewer.view"


def await_settled(page, viewers=None):
    """Return when the viewers on the page, so many if that is said, are painted as they will stay."""
    page.wait_for_function(SETTLED, arg=viewers)


def color_at(page, x_mm, y_mm):
    """Return the colour that the first viewer's canvas has at a place of the drawing."""
    await_settled(page)
    return page.evaluate(COLOR, [x_mm, y_mm])


def view_of(page):
    """Return the first viewer's scale and the place of the drawing's corner."""
    return page.evaluate(VIEW)


def violations(page, context=None):
    """Return all that axe-core finds wrong with the page, or with that part of it."""
    from axe_playwright_python.sync_playwright import Axe  # dear to import

    return Axe().run(page, context=context).response["violations"]


def serious(page, context=None):
    """Return the critical and serious findings, and those of images, on the page or in that part of it."""
    found = violations(page, context)
    return [
        f"{v['id']}: {v['nodes'][0]['html'][:120]}"
        for v in found
        if v["impact"] in ("critical", "serious") or "image" in v["id"]
    ]
