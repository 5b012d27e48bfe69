/* A widget of the kernel's inside of one of ours; it stands before form.js and board.js in their modules. */

const NO_CHILD = "This notebook shows no widget inside of another: call view(), form() or plot() in a cell.";

/* Show the widget of that id in `place`, or nothing for ''. */
async function showChild(host, id, place) {
  place.showsChild?.abort();
  const shown = place.showsChild = new AbortController();
  place.replaceChildren();
  if (!id) return;
  const el = document.createElement("div");
  place.append(el);
  try {
    const widget = await host.getWidget(`anywidget:${id}`);
    if (!shown.signal.aborted) await widget.render({ el, signal: shown.signal });
  } catch {
    el.textContent = NO_CHILD;
  }
}

