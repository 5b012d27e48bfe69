/* What bench_notebook.py measures in the page. Times are in ms, from `performance.now()`. */

globalThis.bench = (() => {
  const frame = () => new Promise(done => requestAnimationFrame(done));
  const until = async condition => { for (;;) { const found = condition(); if (found) return found; await frame(); } };
  const form = () => document.querySelector(".drawscape-form:has(.drawscape-draw)");
  const runAll = () => window.jupyterapp.commands.execute("notebook:run-all-cells");
  const loaded = image => image.src && image.complete && image.naturalWidth > 0;
  const tiles = root => [...root.querySelectorAll(".board-tile:not([data-old])")]
    .filter(tile => tile.dataset.state === "finished" && loaded(tile.querySelector("img"))).length;
  const viewer = () => [...document.querySelectorAll(".drawscape-viewer")].map(el => el.drawscapeViewer)
    .find(v => v && !v.el.dataset.old);
  const seen = v => v?.shown && v.shown.place === v.shown.level.begins.at(-1);
  const rested = v => v?.shown && v.shown === v.painting && !v.request && !v.drawing.rough;

  /* From the click until the status has come to 'finished' and a new picture is on the page. */
  async function clickToPicture() {
    const image = form().querySelector("img.drawscape-picture");
    const before = image.src, statuses = [];
    const observer = new MutationObserver(() => statuses.push(form().dataset.status));
    observer.observe(form(), { attributes: true, attributeFilter: ["data-status"] });
    const began = performance.now();
    form().querySelector(".drawscape-draw").click();
    await until(() => statuses.length && form().dataset.status === "finished" && image.src !== before && loaded(image));
    await frame();
    observer.disconnect();
    return performance.now() - began;
  }

  async function sheet(count = 24) {
    document.querySelectorAll(".board-tile").forEach(tile => { tile.dataset.old = "1"; });
    const began = performance.now();
    runAll();
    await until(() => tiles(document) > 0);
    const first = performance.now() - began;
    await until(() => tiles(document) === count);
    return { first, whole: performance.now() - began };
  }

  /* Run `code` in the second cell; until the viewer that it shows has painted all lines, and all their points. */
  async function shown(code) {
    document.querySelectorAll(".drawscape-viewer").forEach(el => { el.dataset.old = "1"; });
    const notebook = window.jupyterapp.shell.currentWidget.content;
    notebook.widgets[1].model.sharedModel.setSource(code);
    notebook.activeCellIndex = 1;
    const began = performance.now();
    window.jupyterapp.commands.execute("notebook:run-cell");
    await until(() => seen(viewer()));
    const first = performance.now() - began;
    await until(() => rested(viewer()));
    return { first, whole: performance.now() - began };
  }

  const painted = () => until(() => rested(viewer())).then(() => true);

  async function frames(way) {
    const v = viewer(), times = [];
    let before = await frame();
    for (let i = 0; i < 120; i++) {
      if (way === "pan") v.pan(Math.cos(i / 9) * 12, Math.sin(i / 9) * 12);
      if (way === "zoom") v.zoom(i % 60 < 30 ? 1.06 : 1 / 1.06, 400, 300);
      if (way === "scrub") v.setTime(0.5 + 0.49 * Math.sin(i / 11));
      const now = await frame();
      times.push(now - before);
      before = now;
    }
    v.setTime(1); v.fit();
    await painted();
    return times;
  }

  /* Moves of a slider's handle; how many pictures came meanwhile, and when the last one after it. */
  async function slide(moves, during) {
    const handle = form().querySelector(".drawscape-parameters input[type=range]");
    const image = form().querySelector("img.drawscape-picture");
    let pictures = 0, last = 0;
    const observer = new MutationObserver(() => { pictures++; last = performance.now(); });
    observer.observe(image, { attributes: true, attributeFilter: ["src"] });
    handle.dispatchEvent(new Event("pointerdown"));
    const began = performance.now();
    for (let i = 0; i < moves; i++) {
      handle.value = Number(handle.value) + (Math.floor(i / 37) % 2 ? -1 : 1);
      handle.dispatchEvent(new Event("input", { bubbles: true }));
      const due = began + (i + 1) * during / moves;
      while (performance.now() < due) await new Promise(done => setTimeout(done, 1));
    }
    const released = performance.now(), moving = pictures;
    await until(() => form().dataset.status === "finished" && performance.now() - Math.max(last, released) > 1500);
    observer.disconnect();
    return { pictures: moving, after: Math.max(last - released, 0) };
  }

  const typed = [];

  /* Run the cell `sheet`, and put the cursor into the cell `place`, where each key is timed. */
  async function beginTyping(sheetCell, place) {
    typed.length = 0;
    const notebook = window.jupyterapp.shell.currentWidget.content;
    notebook.activeCellIndex = sheetCell;
    window.jupyterapp.commands.execute("notebook:run-cell");
    notebook.activeCellIndex = place;
    notebook.mode = "edit";
    notebook.activeCell.editor.focus();
    globalThis.typingListener ??= window.addEventListener("keydown", event => {
      requestAnimationFrame(() => setTimeout(() => typed.push(performance.now() - event.timeStamp)));
    }, { capture: true }) || true;
  }

  const restartKernel = () => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart();

  return { clickToPicture, sheet, shown, painted, frames, slide, typed, beginTyping, restartKernel, tiles };
})();
