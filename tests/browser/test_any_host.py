"""The viewer and the board in a page that offers what anywidget promises to a module, and no more.

So they run wherever anywidget does: VS Code and Colab hand a module the same `model` and `el`.
"""

import base64
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from drawscape.drawing.document import Document, Layer
from drawscape.geometry.lines import Lines
from drawscape.notebook import Board, Viewer
from drawscape.viewer import drawing_data

pytestmark = [pytest.mark.browser, pytest.mark.nightly]

HOST = """async ({module, css, state, message, buffers}) => {
    const url = URL.createObjectURL(new Blob([module], {type: 'text/javascript'}));
    const listeners = [];
    const promised = {
        get: name => { if (!(name in state)) throw new Error(`no trait ${name}`); return state[name]; },
        set: (name, value) => { state[name] = value; },
        save_changes: () => {},
        on: (names, callback) => { listeners.push([names, callback]); },
        off: (_names, callback) => { listeners.splice(0, listeners.length,
            ...listeners.filter(one => one[1] !== callback)); },
        send: sent => { window.sent.push(sent); },
    };
    const model = new Proxy(promised, { get: (target, name) => {
        if (name in target) return target[name];
        throw new Error(`anywidget promises no model.${String(name)}`);
    }});
    window.sent = []; window.state = state; window.listeners = listeners;
    const host = document.body.appendChild(document.createElement('div'));
    const root = host.attachShadow({mode: 'open'});  // as marimo does; in VS Code the page itself
    const style = root.appendChild(document.createElement('style'));
    style.textContent = css;
    const el = window.el = root.appendChild(document.createElement('div'));
    window.dispose = (await import(url)).default.render({model, el});
    const views = buffers.map(text => new DataView(Uint8Array.from(atob(text), c => c.charCodeAt(0)).buffer));
    listeners.filter(([name]) => name === 'msg:custom').forEach(([, callback]) => callback(message, views));
}"""

SETTLED = """() => {
    const v = window.el.drawscapeViewer;
    return v?.shown && v.shown === v.painting && !v.request;
}"""

COLOR = """([x, y]) => {
    const v = window.el.drawscapeViewer;
    const at = [v.view.x + x * v.view.scale, v.view.y + y * v.view.scale].map(Math.round);
    return [...v.context.getImageData(...at, 1, 1).data.slice(0, 3)];
}"""


def host(page: Any, widget: type[Any], **given: Any) -> list[str]:
    """Show a module of ours in a bare page; return the errors of the page, also later ones."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_content("<!doctype html><body></body>")
    buffers = [base64.b64encode(data).decode() for data in given.pop("buffers")]
    texts = {"module": widget._esm, "css": widget._css}
    page.evaluate(HOST, {**texts, **given, "buffers": buffers})
    return errors


def test_the_viewer_asks_its_host_for_nothing_else(page: Any) -> None:
    line = Layer("line", "#ff0000", 2.0, Lines.of([[[20, 20], [80, 20]]]))
    data = drawing_data(Document(100, 100, (line,)))
    errors = host(
        page,
        Viewer,
        state={"height": "400px", "modes": [], "mode": "", "differences": []},
        message={"drawings": [{**data.header, "arrays": len(data.buffers)}]},
        buffers=data.buffers,
    )
    page.wait_for_function(SETTLED)
    assert page.evaluate(COLOR, [50, 20]) == [255, 0, 0]
    page.evaluate("() => window.el.querySelector('[aria-label=\"Check before plotting\"]').click()")
    page.wait_for_function("() => window.sent.length === 2")
    assert page.evaluate("window.sent") == [{"event": "ready"}, {"event": "findings", "number": 0}]
    page.evaluate("window.dispose()")
    assert page.evaluate("window.listeners.length") == 0
    assert errors == []


def test_a_board_asks_its_host_for_nothing_else(page: Any) -> None:
    picture = io.BytesIO()
    Image.fromarray(np.full((9, 9, 3), 90, np.uint8)).save(picture, "PNG")
    tile = {"caption": "seed 1", "hint": "", "stars": 2, "state": "finished", "format": "png"}
    state = {"order": ["a", "b"], "selected": [], "columns": 0, "tile_px": 0, "kind": "grid"}
    state |= {"note": "", "head": {"title": "two"}, "controls": [], "details": "", "empty": ""}
    shown = [{**tile, "id": name, "number": 2, "picture": "1", "progress": 0} for name in "ab"]
    errors = host(
        page,
        Board,
        state={**state, "below": ""},
        message={"tiles": [*shown, {**shown[0], "number": 1, "caption": "older"}]},
        buffers=[picture.getvalue()] * 3,
    )
    loaded = "() => [...window.el.querySelectorAll('img')].filter(i => i.naturalWidth === 9).length"
    page.wait_for_function(f"() => ({loaded})() === 2")
    assert page.locator(".board-tile .board-caption").all_inner_texts() == ["seed 1", "seed 1"]
    page.locator(".board-tile").nth(1).click()
    page.wait_for_function("() => window.state.selected.join() === 'b'")
    page.keyboard.press("4")
    page.wait_for_function(
        "() => window.sent.some(one => one.act === 'star' && one.value.stars === 4)"
    )
    page.evaluate("window.state.below = 'some widget'")
    page.evaluate("window.listeners.find(([name]) => name === 'change:below')[1]()")
    page.get_by_text("This notebook shows no widget inside of another").wait_for()
    page.evaluate("window.dispose()")
    assert page.evaluate("window.listeners.length") == 0
    assert errors == []
