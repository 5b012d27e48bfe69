/* What all pages are made of: elements, icons, buttons, menus, and a widget inside of another. tokens.css has
   their looks. */

const ICONS = {  // on 16 x 16
  inspect: "M7 3a4 4 0 1 0 0 8a4 4 0 1 0 0 -8M10 10L14 14",
  compare: "M2 3h5v10h-5zM9 3h5v10h-5z",
  breed: "M8 2v4M8 6C8 9 4 8 4 13M8 6C8 9 12 8 12 13M8 6v7",
  plot: "M10 2l4 4l-8 8H2v-4zM8 4l4 4",
  export: "M8 2v8M5 7l3 3l3 -3M2 12v2h12v-2",
  tag: "M2 2h6l6 6l-6 6l-6 -6zM5 5h.1",
  annotate: "M2 2h12v9H7l-3 3v-3H2zM5 5h6M5 8h4",
  open_form: "M3 2h7l3 3v9H3zM6 8h4M6 11h4",
  reject: "M3 3l10 10M13 3L3 13",
  cancel: "M4 4h8v8H4z",
  more: "M3 8h.1M8 8h.1M13 8h.1",
  next: "M3 8h10M9 4l4 4l-4 4",
  back: "M13 8H3M7 4L3 8l4 4",
  up: "M8 13V3M4 7l4 -4l4 4",
  down: "M8 3v10M4 9l4 4l4 -4",
  undo: "M6 3L2.500 6.500L6 10M3 6.500h6a4 4 0 0 1 0 8H6",
  redo: "M10 3l3.500 3.500L10 10M13 6.500H7a4 4 0 0 0 0 8h3",
  dice: "M2 2h12v12H2zM5 5h.1M8 8h.1M11 11h.1M11 5h.1M5 11h.1",
  shuffle: "M2 4h3l6 8h3M2 12h3l6 -8h3M12 2l2 2l-2 2M12 10l2 2l-2 2",
  close: "M4 4l8 8M12 4l-8 8",
};

const KEYBOARD = ["BUTTON", "INPUT", "SELECT", "TEXTAREA", "A", "SUMMARY", "CANVAS"];

/* JupyterLab checks the focused element: keys pressed in these are no shortcuts. */
export function make(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role") made.setAttribute(name, value);
    else made[name] = value;
  }
  if (KEYBOARD.includes(made.tagName)) made.dataset.lmSuppressShortcuts = "true";
  made.append(...children);
  return made;
}

export function icon(name) {
  const space = "http://www.w3.org/2000/svg", svg = document.createElementNS(space, "svg");
  const attributes = { viewBox: "0 0 16 16", class: "ds-icon", "aria-hidden": "true" };
  for (const [key, value] of Object.entries(attributes)) svg.setAttribute(key, value);
  svg.append(document.createElementNS(space, "path"));
  svg.firstChild.setAttribute("d", ICONS[name]);
  return svg;
}

/* A button; without text on it, its title is its name. `look` is its classes, `picture` an icon. */
export function button(text, title, action, look = "", picture = "") {
  const made = make("button", { type: "button", title, className: `ds-button ${look}` });
  if (picture) made.append(icon(picture));
  if (picture && !text) made.classList.add("is-icon");
  if (text) made.append(make("span", { textContent: text }));
  if (!/\p{L}/u.test(text)) made.setAttribute("aria-label", title);
  made.addEventListener("click", action);
  return made;
}

export const setPressed = (made, on) => made.setAttribute("aria-pressed", String(Boolean(on)));

/* The colour of a pen. */
export function swatch(color) {
  const made = make("i", { className: "ds-swatch" });
  made.style.background = color;
  return made;
}

/* A button with a panel under it, which a click outside or Escape closes. `fill` makes the panel's content. */
export function popover(head, kind, fill) {
  head.setAttribute("aria-haspopup", kind);
  head.setAttribute("aria-expanded", "false");
  if (!head.ariaLabel) head.setAttribute("aria-label", head.textContent);
  if (head.textContent) head.append("▾");
  const panel = make("div", { hidden: true, role: kind, "aria-label": head.ariaLabel });
  const root = make("div", { className: "ds-menu" }, head, panel);
  const outside = event => { if (!event.composedPath().includes(root)) close(); };
  const close = () => {
    panel.hidden = true;
    head.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", outside, true);
  };
  head.addEventListener("click", () => {
    if (!panel.hidden) return close();
    panel.replaceChildren(...fill(() => { close(); head.focus(); }));
    panel.hidden = false;
    head.setAttribute("aria-expanded", "true");
    document.addEventListener("pointerdown", outside, true);
    panel.querySelector("button, input")?.focus();
  });
  root.addEventListener("keydown", event => {
    event.stopPropagation();
    if (event.key === "Escape") { close(); head.focus(); }
    const items = [...panel.querySelectorAll("[role=menuitem]")], place = items.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && items.length) { event.preventDefault(); items.at((place + step) % items.length).focus(); }
  });
  return root;
}

/* A button with a list of choices: [label, value], or with a pen's colour, too. It calls `choices` when it opens. */
export function menu(head, choices, choose) {
  return popover(head, "menu", close => choices().map(([label, value, color]) => {
    const item = button(label, label, () => { close(); choose(value); });
    item.setAttribute("role", "menuitem");
    if (color) item.prepend(swatch(color));
    return item;
  }));
}

/* A list of the home's `pens` to replace the one shown by `name` and `color`; `none` undoes the choice. */
export function penMenu(label, { name, color, none }, pens, choose) {
  const head = button(name, `The pen that draws ${label}`, () => {});
  head.prepend(swatch(color));
  head.setAttribute("aria-label", `${label}: ${name}`);
  const offered = pens.map(pen => [`${pen.name}, ${pen.width_mm} mm`, pen.name, pen.color]);
  return menu(head, () => [[none.name, "", none.color], ...offered], choose);
}

/* A button with a field under it; `first` returns the field's initial text. */
export function textMenu(head, label, first, choose) {
  const name = head.textContent;
  return popover(head, "dialog", close => {
    const input = make("input", { type: "text", value: first(), placeholder: label, "aria-label": label });
    const done = () => { close(); choose(input.value); };
    input.addEventListener("keydown", event => {
      if (event.key !== "Enter") return;
      event.preventDefault();  // else Enter presses the button that has the focus next
      done();
    });
    return [input, button(name, head.title, done)];
  });
}

/* Escape returns from a widget to its cell, where the notebook's keys work. */
export const leaveByEscape = el => el.addEventListener("keydown", event => {
  if (event.key === "Escape") el.closest(".jp-Cell")?.focus();
});

/* Call `gone(true)` when the kernel of a widget cannot be reached, `gone(false)` when it is back. Only Jupyter's own
   pages show their kernel; elsewhere the first message that cannot be sent tells, and calls `end`. */
export function watchKernel(model, gone) {
  const { kernel } = model.widget_manager ?? {};
  let over = false;
  const end = () => { over = true; gone(true); };
  const moved = (_, status) => { if (!over && status !== "connecting") gone(status === "disconnected"); };
  model.on("comm_live_update", end);  // a restart
  kernel?.disposed.connect(end);
  kernel?.connectionStatusChanged.connect(moved);
  const stop = () => {
    model.off("comm_live_update", end);
    kernel?.disposed.disconnect(end);
    kernel?.connectionStatusChanged.disconnect(moved);
  };
  return { end, stop };
}

/* Say above `root` that its kernel is gone, and disable everything in it except `place`. */
export function showKernel(model, root, place) {
  const note = make("p", { className: "ds ds-gone", role: "alert", hidden: true,
    textContent: "The kernel is gone. Run the cell again to go on; queued jobs are still drawn." });
  root.before(note);
  const dead = one => one === root ? [] : [...one.parentElement.children].filter(part => part !== one).concat(dead(one.parentElement));
  return watchKernel(model, isGone => {
    note.hidden = !isGone;
    for (const part of dead(place)) part.inert = isGone;
  });
}

/* Scroll to what a widget shows in `place`, once there is something to see. */
export function reveal(place) {
  const grown = new ResizeObserver(() => {
    if (place.offsetHeight < 100) return;
    grown.disconnect();
    place.scrollIntoView({ block: "start", behavior: "smooth" });
  });
  grown.observe(place);
}

const NO_CHILD = "This notebook cannot show a widget inside another: call view(), form() or plot() in a cell.";

/* Show the kernel's widget of that id in `place`, or nothing for ''. */
export async function showChild(host, id, place) {
  place.showsChild?.abort();
  const shown = place.showsChild = new AbortController();
  place.replaceChildren();
  if (!id) return;
  const el = document.createElement("div");
  place.append(el);
  try {
    const widget = await host.getWidget(`anywidget:${id}`);
    if (!shown.signal.aborted) await widget.render({ el, signal: shown.signal });
    place.tabIndex = -1;
    if (document.activeElement?.matches(".ds-button:focus-visible")) place.focus();  // Tab goes on from here
  } catch {
    el.textContent = NO_CHILD;
  }
}
